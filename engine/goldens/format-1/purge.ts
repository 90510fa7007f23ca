import { randomBytes } from 'node:crypto'
import { createBlobHasher } from '../../src/blob-id/index.ts'
import { toHex } from '../../src/bytes/index.ts'
import { blobTypes, decodeSnapshotObject, packKey, pageSeedOf, Refset, snapshotKey } from '../../src/format/index.ts'
import { TreeReader, type DomainKeys } from '../../src/reader/index.ts'
import { PathFilter, reachedBlobs, rewriteTree } from '../../src/rewriter/index.ts'
import type { ObjectStore } from '../../src/store/index.ts'
import { appendHubHeader, InlineSealer, sealSnapshot, SessionSink, type BlobSource } from '../../src/vault/index.ts'
import type { VaultLife } from '../../test/testing/stored-vault.ts'

export interface Purge {
  readonly life: VaultLife
  readonly keys: DomainKeys
  readonly snapshotKey: string
  /** Absolute, of what leaves. */
  readonly path: string
}

/** Writes a snapshot anew without a path, as hubs do (docs/adr/0020). @returns the key of the new one; the old one stays */
export async function purge(store: ObjectStore, { life, keys, snapshotKey: oldKey, path }: Purge): Promise<string> {
  const old = decodeSnapshotObject(await store.get(oldKey))
  const body = await life.bodyOf(oldKey)
  const source = life.newSource()
  const hasher = createBlobHasher(keys.idKey)
  const pages = new Map<string, Uint8Array>()
  const putPage = (page: Uint8Array): Uint8Array => {
    const id = hasher.idOf(blobTypes.treePage, page)
    pages.set(toHex(id), page)
    return id
  }
  const filter = new PathFilter(
    { paths: [partsOf(path)], patterns: [] },
    body.roots.map((root) => partsOf(Buffer.from(root).toString())),
  )
  const reader = new TreeReader((type, id) => source.read(type, id))
  const ports = { reader, pageSeed: pageSeedOf(keys.cdcKey), putPage, onFolder: async () => undefined }
  const tree = await rewriteTree(ports, { page: body.root, counts: body }, filter.verdictOf)
  const refset = await storeAll(store, { keys, source, pages, root: tree.root })
  await source.close()

  const { agentId, seq, snapshotId: of } = old.header
  const snapshotId = new Uint8Array(randomBytes(16))
  const { entriesDropped, bytesDropped, root } = tree
  const { files, folders, bytes, errors } = tree.counts
  const rewriting = { of, why: 'purge', atMs: 9, entriesDropped, bytesDropped } as const
  const agentPart = sealSnapshot(
    { header: { agentId, snapshotId, seq }, refset: refset.encode(), body: { ...body, root, files, folders, bytes, errors, rewriting } },
    keys,
    life.vault.rewritingKey,
  )
  await life.vault.keepRewritingKey()
  const key = snapshotKey(agentId, seq, snapshotId)
  await store.put(key, appendHubHeader(agentPart, old.hubHeader!, life.vault.hubKey))
  return key
}

const partsOf = (path: string): Uint8Array[] =>
  path
    .split('/')
    .filter(Boolean)
    .map((name) => Buffer.from(name))

interface TreeToStore {
  readonly keys: DomainKeys
  readonly source: BlobSource
  /** New ones, by their id in hex. */
  readonly pages: ReadonlyMap<string, Uint8Array>
  readonly root: Uint8Array
}

/** Stores the new pages. @returns where all lies that the tree needs */
async function storeAll(store: ObjectStore, { keys, source, pages, root }: TreeToStore): Promise<Refset> {
  const sink = new SessionSink(
    keys,
    { have: null, putPack: (pack) => store.put(packKey(pack.packId), pack.bytes) },
    (onPack) => new InlineSealer(keys, onPack),
  )
  const met = new Set<string>()
  const refset = new Refset()
  const reached = reachedBlobs(
    async (type, id) => pages.get(toHex(id)) ?? source.read(type, id),
    [{ type: blobTypes.treePage, id: root }],
    async (blobs) => blobs.map(({ id }) => met.size < met.add(toHex(id)).size),
  )
  for await (const blobs of reached)
    for (const { type, id } of blobs) {
      const page = pages.get(toHex(id))
      if (page !== undefined) sink.add(type, page)
      else refset.addPlace((await source.locate([id]))[0]!)
    }
  await sink.finish()
  for (const { packIdHex, ordinal } of Refset.decode(sink.refset()).segments()) refset.add(packIdHex, ordinal)
  return refset
}
