import { createBlobHasher } from '../../../src/blob-id/index.ts'
import { concatBytes, toHex } from '../../../src/bytes/index.ts'
import {
  blobTypes,
  decodePackFooter,
  decodePackTrailer,
  decodeSnapshotObject,
  packPrefix,
  packTrailerBytes,
  Refset,
  snapshotPrefix,
  uuidFromBytes,
  vaultFileKey,
  keySlotPrefix,
  agentPrefix,
  type AgentFile,
  type BlobType,
  type StretchCost,
} from '../../../src/format/index.ts'
import {
  openSnapshotBody,
  SegmentOpener,
  TreeReader,
  verifyHubHeader,
  verifySnapshotSignature,
  type DomainKeys,
} from '../../../src/reader/index.ts'
import {
  createVaultObjects,
  deviceFingerprint,
  openSealedDomainKeys,
  openSealedSelection,
  rawAgentKey,
  sealDomainKeys,
  sealSelection,
  unlockVault,
  type KeySecret,
  type SealedKeysAddress,
  type UnlockPrimitives,
  type VaultKeys,
} from '../../../src/unlock/index.ts'

/** A store's objects, by key. */
export type StoredObjects = Readonly<Record<string, Uint8Array>>

export interface ReadFile {
  readonly path: string
  readonly sha256: string
}

type Key = Uint8Array

/**
 * What tests do alike on Node and in a browser, by name: the engine's portable rooms over the primitives of the one or the other. Bytes in, bytes and text out.
 */
export const doings = (p: UnlockPrimitives) => ({
  hmacSha256: (key: Key, ...parts: Uint8Array[]) => p.hmacSha256(key, ...parts),
  sha256: (...parts: Uint8Array[]) => p.sha256(...parts),
  hkdfSha256: (key: Key, salt: Uint8Array, info: Uint8Array) => p.hkdfSha256(key, salt, info),
  openAesGcm: (key: Key, nonce: Uint8Array, sealed: Uint8Array, aad: Uint8Array) => p.openAesGcm(key, nonce, sealed, aad),
  sealAesGcm: (key: Key, nonce: Uint8Array, plain: Uint8Array, aad: Uint8Array) => p.sealAesGcm(key, nonce, plain, aad),
  decompressZstd: (frame: Uint8Array, size: number) => p.decompressZstd(frame, size),
  verifyEd25519: (key: Key, signature: Uint8Array, message: Uint8Array) => p.verifyEd25519(key, signature, message),
  argon2id: (password: Uint8Array, salt: Uint8Array, cost: StretchCost) => p.argon2id(password, salt, cost),
  x25519: (privateKey: Key, publicKey: Key) => p.x25519(privateKey, publicKey),
  x25519PublicKey: (privateKey: Key) => p.x25519PublicKey(privateKey),
  x25519KeyPair: () => p.x25519KeyPair(),
  randomBytes: (length: number) => p.randomBytes(length),
  blobId: (idKey: Key, type: BlobType, bytes: Uint8Array) => createBlobHasher(idKey).idOf(type, bytes),
  deviceFingerprint: (signPublicKey: Key, boxPublicKey: Key) => deviceFingerprint(p, { signPublicKey, boxPublicKey }),
  sealDomainKeys: (keys: DomainKeys, agentId: Uint8Array, boxPublicKey: Key) => sealDomainKeys(p, keys, agentId, boxPublicKey),
  openSealedDomainKeys: (address: SealedKeysAddress, boxPrivateKey: Key, sealed: Uint8Array) =>
    openSealedDomainKeys(p, address, boxPrivateKey, sealed),
  sealSelection: (keys: DomainKeys, to: Parameters<typeof sealSelection>[2], plain: Uint8Array) => sealSelection(p, keys, to, plain),
  openSelection: (keys: DomainKeys, to: Parameters<typeof openSealedSelection>[2], sealed: Uint8Array) =>
    openSealedSelection(p, keys, to, sealed),

  /** Makes a private vault, with a device approved in it. */
  makeVault: async (ids: { vaultId: string; domainId: string }, secrets: KeySecret[], agent: AgentFile) => {
    const made = await createVaultObjects(p, { ...ids, kind: 'private', createdAtMs: 7, secrets })
    return {
      vaultFile: made.vaultFile,
      slots: made.slots,
      hubKey: made.hubKey,
      agentObject: await made.keys.agentObject(agent),
      sealedKeys: await made.keys.sealDomainKeys(ids.domainId, agent.agentId, rawAgentKey(agent.boxPublicKey)),
      fingerprint: await made.keys.fingerprint(ids.domainId),
    }
  },

  /** What is derived from a vault's keys. */
  unlock: async (vaultFile: Uint8Array, slots: Uint8Array[], secret: KeySecret) => {
    const keys = await unlockVault(p, { vaultFile, slots }, secret)
    const [domain] = keys.file.domains
    const id = domain?.id ?? ''
    return { hub: keys.hub, domainKeys: await keys.domainKeys(id), fingerprint: await keys.fingerprint(id) }
  },

  /** Unlocks a stored vault and reads every file of its snapshots, proved as a reader must. */
  readVault: async (objects: StoredObjects, secret: KeySecret): Promise<ReadFile[]> => {
    const keys = await unlockVault(
      p,
      { vaultFile: objects[vaultFileKey]!, slots: under(objects, keySlotPrefix).map(([, bytes]) => bytes) },
      secret,
    )
    const read: ReadFile[] = []
    for (const [, bytes] of under(objects, snapshotPrefix)) read.push(...(await readSnapshot(p, keys, objects, bytes)))
    return read
  },
})

const under = (objects: StoredObjects, prefix: string): [string, Uint8Array][] =>
  Object.entries(objects).filter(([key]) => key.startsWith(prefix))

async function readSnapshot(p: UnlockPrimitives, keys: VaultKeys, objects: StoredObjects, bytes: Uint8Array): Promise<ReadFile[]> {
  const snapshot = decodeSnapshotObject(bytes)
  const agent = await keys.verifyAgentObject(objects[`${agentPrefix}${uuidFromBytes(snapshot.header.agentId)}`]!)
  await verifySnapshotSignature(p, snapshot, rawAgentKey(agent.signPublicKey))
  await verifyHubHeader(p, snapshot, keys.hubKey)
  const domainKeys = await keys.domainKeys(uuidFromBytes(snapshot.header.domainId))
  const body = await openSnapshotBody(p, snapshot, domainKeys)
  const fetchBlob = blobsOf(p, domainKeys, objects, Refset.decode(snapshot.refset))
  const reader = new TreeReader(fetchBlob)
  const read: ReadFile[] = []
  const folders = [{ page: body.root, path: '' }]
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for await (const entry of reader.entries(folder.page)) {
      const path = `${folder.path}/${new TextDecoder().decode(entry.name)}`
      if (entry.type === 'folder') folders.push({ page: entry.page, path })
      if (entry.type !== 'file') continue
      const parts: Uint8Array[] = entry.content.kind === 'inline' ? [entry.content.bytes] : []
      for await (const { item } of reader.items(entry))
        parts.push(item.kind === 'hole' ? new Uint8Array(item.length) : await fetchBlob(blobTypes.data, item.id))
      read.push({ path, sha256: toHex(await p.sha256(concatBytes(parts))) })
    }
  }
  return read.toSorted((left, right) => (left.path < right.path ? -1 : 1))
}

/** Blobs within a refset, from packs whose footers say where they lie; each is proved by its id. */
function blobsOf(p: UnlockPrimitives, keys: DomainKeys, objects: StoredObjects, refset: Refset) {
  const opener = new SegmentOpener(p, keys)
  const hasher = createBlobHasher(keys.idKey)
  const places = new Map<string, { segment: Uint8Array; place: { packId: Uint8Array; ordinal: number }; index: number }>()
  for (const [, pack] of under(objects, packPrefix)) {
    const trailer = decodePackTrailer(pack.subarray(pack.length - packTrailerBytes), pack.length)
    const end = pack.length - packTrailerBytes
    for (const { blobIds, offset, length, birthPackId, birthOrdinal } of decodePackFooter(
      pack.subarray(end - trailer.footerBytes, end),
      trailer,
    )) {
      if (!refset.has(toHex(birthPackId), birthOrdinal)) continue
      const place = { packId: birthPackId, ordinal: birthOrdinal }
      for (const [index, id] of blobIds.entries()) places.set(toHex(id), { segment: pack.subarray(offset, offset + length), place, index })
    }
  }
  return async (type: BlobType, id: Uint8Array): Promise<Uint8Array> => {
    const found = places.get(toHex(id))
    if (found === undefined) throw new Error('A blob is not there.')
    const { blobs } = await opener.open(found.segment, found.place)
    const blob = blobs[found.index]!
    if (!hasher.isIdOf(type, blob, id)) throw new Error('A blob is not what its id says.')
    return blob
  }
}
