import { generateKeyPairSync, randomBytes, randomUUID, sign, type KeyObject } from 'node:crypto'
import { toBase64Url } from '../../bytes/index.ts'
import {
  blobTypes,
  buildFolderPages,
  packKey,
  encodeSealedKeys,
  sealedKeysKey,
  snapshotKey,
  uuidToBytes,
  type ContentItem,
  type SnapshotBody,
  type TreeEntry,
} from '../../format/index.ts'
import type { DomainKeys } from '../../reader/index.ts'
import type { ObjectStore } from '../../store/index.ts'
import {
  appendHubHeader,
  boxKeySigningBytes,
  createVault,
  InlineSealer,
  rawPublicKey,
  sealSnapshot,
  SessionSink,
  type KeySecret,
  type Vault,
} from '../../vault/index.ts'

export interface SmallVault {
  readonly vault: Vault
  readonly secret: KeySecret
  readonly agentId: string
  readonly domainKeys: DomainKeys
  readonly signKey: KeyObject
  readonly boxKey: KeyObject
  readonly snapshotKey: string
}

const owner = { uid: 0, gid: 0, user: 'root', group: 'root' }
const plain = {
  mode: 0o644,
  owner,
  mtimeNs: 1_700_000_000_123_456_789n,
  hardLinkGroup: null,
  attributes: null,
  deletedAtMs: null,
  isAncestor: false,
}

/** What is other than usual; the first two a session may do wrong on purpose. */
export interface Mischief {
  /** Changes the refset before it is signed. */
  readonly refset?: (encoded: Uint8Array) => Uint8Array
  readonly body?: (body: SnapshotBody) => SnapshotBody
  /** The folder is marked as deleted; what is in it as this says. */
  readonly folder?: { readonly deletedAtMs: number; readonly isMarkedWithin: boolean }
  /** Else a managed vault with a hub's secret. */
  readonly privateFor?: readonly [KeySecret, ...KeySecret[]]
}

/** A real vault with one agent and one snapshot of a small tree: two folders, small, large and sparse files. */
export async function makeSmallVault(store: ObjectStore, mischief: Mischief = {}): Promise<SmallVault> {
  const secrets = mischief.privateFor ?? ([{ kind: 'hub-secret', secret: randomBytes(32) }] as const)
  const secret = secrets[0]
  const domainId = randomUUID()
  const kind = mischief.privateFor === undefined ? 'managed' : 'private'
  const vault = await createVault(store, { vaultId: randomUUID(), domainId, kind, createdAtMs: 1, secrets })
  const agentId = randomUUID()
  const signPair = generateKeyPairSync('ed25519')
  const boxPair = generateKeyPairSync('x25519')
  const boxPublicKey = rawPublicKey(boxPair.publicKey)
  await vault.addAgent({
    agentId,
    domainId,
    createdAtMs: 2,
    signPublicKey: toBase64Url(rawPublicKey(signPair.publicKey)),
    boxPublicKey: toBase64Url(boxPublicKey),
    boxSignature: toBase64Url(sign(null, boxKeySigningBytes(boxPublicKey), signPair.privateKey)),
  })
  if (kind === 'private')
    await store.put(sealedKeysKey(uuidToBytes(agentId)), encodeSealedKeys(await vault.keys.sealDomainKeys(domainId, agentId, boxPublicKey)))
  const domainKeys = vault.domainKeys(domainId)
  const sink = new SessionSink(
    domainKeys,
    { have: null, putPack: (pack) => store.put(packKey(pack.packId), pack.bytes) },
    (onPack) => new InlineSealer(domainKeys, onPack),
  )
  const root = putTree(sink, mischief.folder)
  await sink.finish()
  const snapshotId = randomBytes(16)
  const body: SnapshotBody = {
    status: 'complete',
    system: 'linux',
    host: 'small',
    plan: '',
    program: 'test',
    startedAtMs: 3,
    finishedAtMs: 4,
    parent: null,
    root,
    files: 42,
    folders: 1,
    bytes: treeBytes,
    errors: 0,
    roots: [Buffer.from('/')],
    filesNew: 42,
    filesChanged: 0,
    filesUnchanged: 0,
    bytesRead: treeBytes,
  }
  const refset = mischief.refset?.(sink.refset()) ?? sink.refset()
  const agentPart = sealSnapshot(
    { header: { agentId: uuidToBytes(agentId), snapshotId, seq: 1 }, refset, body: mischief.body?.(body) ?? body },
    domainKeys,
    signPair.privateKey,
  )
  const key = snapshotKey(uuidToBytes(agentId), 1, snapshotId)
  await store.put(key, appendHubHeader(agentPart, { receivedAtMs: 5, epoch: 1 }, vault.hubKey))
  return { vault, secret, agentId, domainKeys, signKey: signPair.privateKey, boxKey: boxPair.privateKey, snapshotKey: key }
}

const bigFileBytes = 300_000
const sparseBytes = 5_000_000
const smallFileBytes = (index: number): number => 300 + index * 10
const treeBytes =
  bigFileBytes + sparseBytes + Array.from({ length: 40 }, (_, index) => smallFileBytes(index)).reduce((sum, size) => sum + size)

function putTree(sink: SessionSink, deleted: Mischief['folder']): Uint8Array {
  const store = (bytes: Uint8Array): Uint8Array => sink.idOf(sink.add(blobTypes.data, bytes))
  const page = (entries: readonly TreeEntry[]): Uint8Array =>
    buildFolderPages(entries, 1, (bytes) => sink.idOf(sink.add(blobTypes.treePage, bytes)))
  const file = (name: string, size: number, items: ContentItem[]): TreeEntry => ({
    ...plain,
    name: Buffer.from(name),
    type: 'file',
    size,
    content: { kind: 'items', items },
  })
  const small = Array.from({ length: 40 }, (_, index) => {
    const size = smallFileBytes(index)
    const entry = file(`small-${String(index).padStart(2, '0')}`, size, [{ kind: 'data', length: size, id: store(randomBytes(size)) }])
    return deleted?.isMarkedWithin === true ? { ...entry, deletedAtMs: deleted.deletedAtMs } : entry
  })
  const half = bigFileBytes / 2
  const big = file(
    'big',
    bigFileBytes,
    [0, 1].map((part) => ({ kind: 'data', length: half, id: store(Buffer.alloc(half, `part ${part} `)) })),
  )
  const sparse = file('sparse', sparseBytes, [
    { kind: 'hole', length: sparseBytes - 1000 },
    { kind: 'data', length: 1000, id: store(randomBytes(1000)) },
  ])
  const folder: TreeEntry = {
    ...plain,
    deletedAtMs: deleted?.deletedAtMs ?? null,
    name: Buffer.from('folder'),
    type: 'folder',
    page: page(small),
    subtree: { files: 40, folders: 0, bytes: treeBytes - bigFileBytes - sparseBytes, errors: 0 },
  }
  return page([big, folder, sparse])
}
