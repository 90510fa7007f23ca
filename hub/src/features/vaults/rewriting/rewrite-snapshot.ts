import { randomBytes } from 'node:crypto'
import { SnapshotId } from '@holdfast/shared-types'
import { concatBytes, fromHex, NumberSet, toHex } from '@holdfast/engine/bytes'
import { blobTypes, pageSeedOf, Refset, sumOfBytes, uuidToBytes, type RewriteReason, type SnapshotBody } from '@holdfast/engine/format'
import { reachedBlobs, rewriteTree, type EntryFilter, type ReachedBlob, type RewrittenTree } from '@holdfast/engine/rewriter'
import { appendHubHeader, sealSnapshot } from '@holdfast/engine/vault'
import { overlap } from '../contents/segment-sets.ts'
import { factsOfBody } from '../contents/snapshot-facts.ts'
import { snapshotRecordOf } from '../contents/snapshot-record.ts'
import { lastRewritingMs } from '../tables/keeping.queries.ts'
import { originOf, type SnapshotRecord } from '../tables/snapshots.queries.ts'
import { AddedPacks, type AddedPacksDeps } from './added-packs.ts'
import { openInHand, type ReadingDeps, type SnapshotInHand } from './snapshot-reading.ts'
import type { ManagedVault } from '../contents/managed-vault.ts'

export interface RewriteDeps extends ReadingDeps, AddedPacksDeps {}

export interface RewriteOrder {
  readonly why: RewriteReason
  /** What stays of a snapshot, by its sources. */
  readonly filterFor: (body: SnapshotBody) => EntryFilter
  /** Bundles that have to go: what is needed of them is sealed anew elsewhere, so that nothing names them any more. */
  readonly avoid: Pick<Refset, 'has'>
}

/** Ready to be put in the place of the old one: its packs are durable and have rows. */
export interface WrittenAnew {
  readonly record: SnapshotRecord
  /** As it is stored, the hub's statement included. */
  readonly object: Uint8Array
  readonly refset: Refset
  readonly dropped: Pick<RewrittenTree, 'entriesDropped' | 'bytesDropped'>
}

/**
 * Writes a snapshot anew (docs/adr/0020): what is left of its trees, and a refset of exactly what that needs. Nothing is decided yet, and what a crash leaves is a pack that
 * nothing names.
 *
 * @returns null where nothing of it goes, and nothing it needs has to be avoided
 * @throws EngineError `store.*`, `blob.missing`, `segment.*`, `cancelled`; AppError `store.full`
 */
export async function rewriteSnapshot(
  deps: RewriteDeps,
  vault: ManagedVault,
  snapshot: SnapshotRecord,
  order: RewriteOrder,
): Promise<WrittenAnew | null> {
  const inHand = await openInHand(deps, vault, snapshot)
  const pages = new NewPages(inHand)
  const tree = await rewriteTree(
    {
      reader: inHand.reader,
      pageSeed: pageSeedOf(vault.domainKeys(snapshot.domainId).cdcKey),
      putPage: (page) => pages.put(page),
      onFolder: () => deps.brake.pass(),
    },
    { page: inHand.body.root, counts: inHand.body },
    order.filterFor(inHand.body),
  )
  if (tree.entriesDropped === 0 && !(await namesAny(deps, snapshot, order.avoid))) return null
  const refset = await gather(deps, inHand, { root: tree.root, pages, avoid: order.avoid })
  // What was rewritten last stands after a loss of the database, also where the clock was set back since.
  const atMs = Math.max(deps.now(), (await lastRewritingMs(deps.database.em(), snapshot)) + 1)
  return { ...seal(inHand, { tree, refset, why: order.why, atMs }), refset, dropped: tree }
}

/** Whether it needs some of these segments. @throws EngineError `store.*`, `snapshot.invalid`, `bytes.*` */
export async function namesAny(
  { refsets }: Pick<RewriteDeps, 'refsets'>,
  snapshot: SnapshotRecord,
  avoid: Pick<Refset, 'has'>,
): Promise<boolean> {
  const beyond = refsets.beyondOf(snapshot.id)
  return overlap(await refsets.aside(snapshot), avoid) || (beyond !== null && overlap(beyond, avoid))
}

/** Pages of folders that lost something. */
class NewPages {
  readonly #bytesById = new Map<string, Uint8Array>()
  readonly #inHand: SnapshotInHand

  constructor(inHand: SnapshotInHand) {
    this.#inHand = inHand
  }

  put(page: Uint8Array): Uint8Array {
    const id = this.#inHand.vault.hasher(this.#inHand.snapshot.domainId).idOf(blobTypes.treePage, page)
    this.#bytesById.set(toHex(id), page)
    return id
  }

  get(id: Uint8Array): Uint8Array | null {
    return this.#bytesById.get(toHex(id)) ?? null
  }
}

interface Gathering {
  readonly root: Uint8Array
  readonly pages: NewPages
  readonly avoid: Pick<Refset, 'has'>
}

/** Finds everything that the new tree needs, stores what lies nowhere or only where it has to go, and says where all of it lies. */
async function gather(deps: RewriteDeps, { vault, snapshot, scope }: SnapshotInHand, { root, pages, avoid }: Gathering): Promise<Refset> {
  const { contents } = vault
  const { domainId } = snapshot
  const refset = new Refset()
  const added = new AddedPacks(deps, vault, domainId)
  const met = new NumberSet()
  const metNew = new Set<string>()
  const isHere = (packIdHex: string, ordinal: number): boolean => scope.refset.has(packIdHex, ordinal) && !avoid.has(packIdHex, ordinal)
  const isElsewhere = (packIdHex: string, ordinal: number): boolean =>
    !avoid.has(packIdHex, ordinal) && contents.isOffered(packIdHex, ordinal)
  const read = async ({ type, id }: ReachedBlob): Promise<Uint8Array> => pages.get(id) ?? deps.segments.read(scope, type, id)

  const isNew = async (blobs: readonly ReachedBlob[]): Promise<boolean[]> => {
    const numbers = await contents.blobNumbers(domainId, concatBytes(blobs.map(({ id }) => id)))
    return blobs.map(({ id }, index) => {
      const number = numbers[index] ?? null
      if (number !== null) return met.add(number)
      const before = metNew.size
      return metNew.add(toHex(id)).size > before
    })
  }
  for await (const blobs of reachedBlobs((type, id) => read({ type, id }), [{ type: blobTypes.treePage, id: root }], isNew)) {
    await deps.brake.pass()
    const ids = concatBytes(blobs.map(({ id }) => id))
    const here = await contents.findBlobs(domainId, ids, isHere)
    const elsewhere = await contents.findBlobs(domainId, ids, isElsewhere)
    for (const [index, blob] of blobs.entries()) {
      const place = here[index] ?? elsewhere[index] ?? null
      if (place !== null) refset.add(place.packIdHex, place.ordinal)
      else await added.add({ ...blob, bytes: await read(blob), placed: (at) => refset.addPlace(at) })
    }
  }
  await added.finish()
  return refset
}

interface Rewritten {
  readonly tree: RewrittenTree
  readonly refset: Refset
  readonly why: RewriteReason
  /** Later than of any version there is of the same backup. */
  readonly atMs: number
}

/** Agent, number, host, plan, sources, status and times are those of the old one, and so is what the hub stated of it: order and rules do not change. */
function seal({ vault, snapshot, body }: SnapshotInHand, { tree, refset, why, atMs }: Rewritten): Pick<WrittenAnew, 'record' | 'object'> {
  const keys = vault.domainKeys(snapshot.domainId)
  const news: SnapshotBody = {
    ...body,
    root: tree.root,
    files: tree.counts.files,
    folders: tree.counts.folders,
    bytes: tree.counts.bytes,
    errors: Math.max(0, tree.counts.errors),
    rewriting: {
      of: fromHex(originOf(snapshot)),
      why,
      atMs,
      entriesDropped: (snapshot.rewritten?.entriesDropped ?? 0) + tree.entriesDropped,
      bytesDropped: sumOfBytes(snapshot.rewritten?.bytesDropped ?? 0, tree.bytesDropped),
    },
  }
  const header = { agentId: uuidToBytes(snapshot.agentId), snapshotId: new Uint8Array(randomBytes(16)), seq: snapshot.seq }
  const agentPart = sealSnapshot({ header, refset: refset.encode(), body: news }, keys, vault.vault.rewritingKey)
  const statement = { receivedAtMs: snapshot.receivedAtMs, epoch: snapshot.epoch }
  const record = snapshotRecordOf(
    {
      header: { ...header, isRewritten: true, vaultId: vault.idBytes, domainId: keys.domainId, keyEpoch: keys.keyEpoch },
      facts: factsOfBody(news),
      refset,
    },
    { ...statement, vaultId: vault.id, runId: snapshot.runId },
  )
  return {
    record: { ...record, id: SnapshotId.parse(toHex(header.snapshotId)) },
    object: appendHubHeader(agentPart, statement, vault.vault.hubKey),
  }
}
