import { concatBytes, NumberSet } from '@holdfast/engine/bytes'
import { blobTypes, pageSeedOf, Refset, type SnapshotBody, type TreeEntry } from '@holdfast/engine/format'
import { reachedBlobs, rewriteTree, type EntryFilter, type ReachedBlob } from '@holdfast/engine/rewriter'
import type { ManagedVault } from '../contents/managed-vault.ts'
import type { SnapshotRecord } from '../tables/snapshots.queries.ts'
import { openInHand, type ReadingDeps, type SnapshotInHand } from './snapshot-reading.ts'

export interface Affected {
  readonly entriesDropped: number
  readonly bytesDropped: number
  /** Where what leaves lies, by birth: also what others need lies in some of these segments. */
  readonly segments: Refset
}

export interface Look {
  readonly filterFor: (body: SnapshotBody) => EntryFilter
  readonly onDrop?: (entry: TreeEntry, path: readonly Uint8Array[], body: SnapshotBody) => void
}

/** What of a snapshot would leave; null = nothing. Stores nothing. @throws EngineError `store.*`, `blob.missing`, `segment.*`, `cancelled` */
export async function findAffected(deps: ReadingDeps, vault: ManagedVault, snapshot: SnapshotRecord, look: Look): Promise<Affected | null> {
  const inHand = await openInHand(deps, vault, snapshot)
  const { body } = inHand
  const pages = new Map<string, Uint8Array>()
  const hasher = vault.hasher(snapshot.domainId)
  const tree = await rewriteTree(
    {
      reader: inHand.reader,
      pageSeed: pageSeedOf(vault.domainKeys(snapshot.domainId).cdcKey),
      putPage(page) {
        const id = hasher.idOf(blobTypes.treePage, page)
        pages.set(keyOf(id), page)
        return id
      },
      onFolder: () => deps.brake.pass(),
      onDrop: (entry, path) => look.onDrop?.(entry, path, body),
    },
    { page: body.root, counts: body },
    look.filterFor(body),
  )
  if (tree.entriesDropped === 0) return null
  return { ...tree, segments: await segmentsOfDropped(deps, inHand, { root: tree.root, pages }) }
}

/** Everything that the old tree needs and the new one does not. */
async function segmentsOfDropped(
  deps: ReadingDeps,
  { vault, snapshot, body, scope }: SnapshotInHand,
  { root, pages }: { readonly root: Uint8Array; readonly pages: ReadonlyMap<string, Uint8Array> },
): Promise<Refset> {
  const { contents } = vault
  const met = new NumberSet()
  const metNew = new Set<string>()
  const fetch = async (type: ReachedBlob['type'], id: Uint8Array): Promise<Uint8Array> =>
    pages.get(keyOf(id)) ?? deps.segments.read(scope, type, id)
  const isNew = async (blobs: readonly ReachedBlob[]): Promise<boolean[]> => {
    await deps.brake.pass()
    const numbers = await contents.blobNumbers(snapshot.domainId, concatBytes(blobs.map(({ id }) => id)))
    return blobs.map(({ id }, index) => {
      const number = numbers[index] ?? null
      if (number !== null) return met.add(number)
      const before = metNew.size
      return metNew.add(keyOf(id)).size > before
    })
  }
  for await (const _ of reachedBlobs(fetch, [{ type: blobTypes.treePage, id: root }], isNew));
  const segments = new Refset()
  for await (const blobs of reachedBlobs(fetch, [{ type: blobTypes.treePage, id: body.root }], isNew)) {
    const ids = concatBytes(blobs.map(({ id }) => id))
    const has = (packIdHex: string, ordinal: number): boolean => scope.refset.has(packIdHex, ordinal)
    for (const place of await contents.findBlobs(snapshot.domainId, ids, has))
      if (place !== null) segments.add(place.packIdHex, place.ordinal)
  }
  return segments
}

const keyOf = (id: Uint8Array): string => Buffer.from(id.buffer, id.byteOffset, id.byteLength).toString('latin1')
