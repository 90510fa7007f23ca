import type { ContentItem, ExtendedAttribute, Rewriting, SnapshotBody, TreeEntry, VaultFile } from '../../src/format/index.ts'
import { seededBytes } from '../../src/chunker/testing/seeded-bytes.ts'
import { uuidToBytes } from '../../src/format/index.ts'
import { deriveDomainKeys, type KeySecret } from '../../src/vault/index.ts'

/** What the committed goldens were made from: fixed values, never random ones. */
const vaultUuid = '3f2a6c1e-0d4b-4c7a-9b7e-5a1d2c3b4e5f'
const domainUuid = '8c1b2a3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d'
export const vaultIds = {
  vaultUuid,
  domainUuid,
  vaultId: uuidToBytes(vaultUuid),
  domainId: uuidToBytes(domainUuid),
  agentId: Uint8Array.from({ length: 16 }, (_, index) => index + 1),
  snapshotId: Uint8Array.from({ length: 16 }, (_, index) => 200 - index),
  rewrittenId: Uint8Array.from({ length: 16 }, (_, index) => 100 + index),
}
export const vaultFile: VaultFile = {
  vaultId: vaultUuid,
  kind: 'managed',
  createdAtMs: 1_764_000_000_000,
  features: [],
  domains: [{ id: domainUuid, keyEpoch: 1 }],
}
export const masterKey = Uint8Array.from({ length: 32 }, (_, index) => (index * 7 + 3) & 0xff)
export const domainKeys = await deriveDomainKeys(masterKey, { vaultId: vaultIds.vaultId, domainId: vaultIds.domainId, keyEpoch: 1 })
export const keySecrets: readonly [KeySecret, KeySecret, KeySecret] = [
  { kind: 'hub-secret', secret: new Uint8Array(32).fill(5) },
  { kind: 'passphrase', passphrase: 'correct horse battery staple' },
  { kind: 'recovery-words', words: `${'abandon '.repeat(23)}art` },
]
export const agentIdentity = {
  signJwk: {
    kty: 'OKP',
    crv: 'Ed25519',
    d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
    x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  },
  boxJwk: { kty: 'OKP', crv: 'X25519', d: 'dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo', x: 'hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo' },
}

const id = (seed: number): Uint8Array => Uint8Array.from({ length: 32 }, (_, index) => (seed * 13 + index * 5) & 0xff)
const owners = [
  { uid: 0, gid: 0, user: 'root', group: 'root' },
  { uid: 1000, gid: 100, user: 'j\u00fcrgen', group: 'users' },
]

/** One entry of every kind, odd names, then plain files up to `count`. */
export function entriesOf(count: number): TreeEntry[] {
  const common = (name: Uint8Array, index: number) => ({
    name,
    mode: [0o644, 0o4755, 0o1777, 0][index & 3]!,
    owner: owners[index & 1]!,
    mtimeNs: [-1n, 0n, 1_764_000_000_123_456_789n, -(2n ** 62n)][index & 3]!,
    hardLinkGroup: index % 5 === 0 ? id(index).subarray(0, 16) : null,
    attributes: index % 7 === 0 ? id(index) : null,
    deletedAtMs: index % 11 === 0 ? index * 1000 : null,
    isAncestor: index % 13 === 0,
  })
  const kinds: TreeEntry[] = [
    { ...common(Uint8Array.of(1), 0), type: 'file', size: 3, content: { kind: 'inline', bytes: Uint8Array.of(1, 2, 3) } },
    { ...common(Buffer.from('-dash'), 1), type: 'folder', page: id(9), subtree: { files: 1, folders: 2, bytes: 2 ** 52, errors: 4 } },
    { ...common(Buffer.from('dev'), 2), type: 'char-device', major: 1, minor: 3 },
    { ...common(Buffer.from('disk'), 3), type: 'block-device', major: 259, minor: 70_000 },
    { ...common(Buffer.from('error'), 4), type: 'error', knownType: 'file', code: 'source.unreadable' },
    { ...common(Buffer.from('fifo'), 5), type: 'fifo' },
    { ...common(Buffer.from('list'), 6), type: 'file', size: 2 ** 40, content: { kind: 'list', id: id(77) } },
    { ...common(Buffer.from('socket'), 7), type: 'socket' },
    { ...common(Buffer.from('sym'), 8), type: 'symlink', target: Uint8Array.of(0xff, 0x2f, 0x0a) },
  ]
  const files = Array.from({ length: count - kinds.length }, (_, index): TreeEntry => ({
    ...common(Buffer.from(`x${String(index).padStart(5, '0')}`), index),
    type: 'file',
    size: 1000 + index,
    content: { kind: 'items', items: [{ kind: 'data', length: 1000 + index, id: id(index) }] },
  }))
  return [...kinds, ...files]
}

export const itemsOf = (count: number): ContentItem[] =>
  Array.from({ length: count }, (_, index) =>
    index % 9 === 4 ? { kind: 'hole', length: 4096 * (index + 1) } : { kind: 'data', length: index + 1, id: id(index) },
  )

export const placesOf = (): { packIdHex: string; ordinal: number }[] =>
  Array.from({ length: 600 }, (_, index) => ({
    packIdHex: Buffer.alloc(16, (index % 3) + 1).toString('hex'),
    ordinal: index % 3 === 0 ? index : Math.floor(index / 3),
  }))

export const bodyOf = (root: Uint8Array): SnapshotBody => ({
  status: 'complete-with-errors',
  system: 'linux',
  host: 'gold\u00e9n',
  plan: 'nightly',
  program: 'holdfast 0.1.0',
  startedAtMs: 1_763_999_000_000,
  finishedAtMs: 1_764_000_000_000,
  parent: Uint8Array.from({ length: 16 }, () => 77),
  root,
  files: 700,
  folders: 3,
  bytes: 2 ** 45,
  errors: 1,
  roots: [Buffer.from('/home'), Uint8Array.of(0x2f, 0xff)],
  filesNew: 1,
  filesChanged: 2,
  filesUnchanged: 697,
  bytesRead: 4096,
})

export const rewriting: Rewriting = {
  of: vaultIds.snapshotId,
  why: 'versions',
  atMs: 1_764_100_000_000,
  entriesDropped: 3,
  bytesDropped: 2 ** 44,
}

/** Lengths at the edges of BLAKE3's blocks (64), chunks (1 KiB), vectors (4 KiB) and our pieces (64 KiB). */
export const idLengths = [0, 1, 64, 65, 1023, 1024, 1025, 2048, 4096, 4097, 7 * 1024, 65_536, 65_537, 200_000, 4_194_304]
/** One, of no bytes; and several with odd names and values. */
export const attributeSetsOf = (): ExtendedAttribute[][] => [
  [{ name: Buffer.from('user.empty'), value: new Uint8Array(0) }],
  [
    { name: Buffer.from('system.posix_acl_access'), value: Uint8Array.from({ length: 44 }, (_, index) => index) },
    { name: Uint8Array.of(0x75, 0x2e, 0xff), value: Uint8Array.of(0) },
    { name: Buffer.from('user.comment'), value: Buffer.from('gr\u00fcn') },
    { name: Buffer.from('user.large'), value: Uint8Array.from({ length: 300 }, (_, index) => index & 0xff) },
  ],
]

/** Blobs of a pack's segments: one that compresses, and one that does not. */
export const segmentsOf = (): Uint8Array[][] => [
  [Buffer.from('the first blob'), Buffer.from('another, '.repeat(900)), Buffer.alloc(1)],
  [seededBytes('random', 1, 5000)],
]
