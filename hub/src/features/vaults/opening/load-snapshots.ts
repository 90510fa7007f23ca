import { EngineError } from '@holdfast/engine/errors'
import { decodeSnapshotObject, Refset, snapshotKey, snapshotPrefix } from '@holdfast/engine/format'
import { verifyHubHeader, verifySnapshotSignature } from '@holdfast/engine/reader'
import { nodePrimitives } from '@holdfast/engine/vault'
import { afterCommit } from '../../../platform/database/unit-of-work.ts'
import { rescueSegments } from '../contents/rescue-segments.ts'
import type { OpenVault, StoredVault } from '../contents/open-vault.ts'
import { factsOf } from '../contents/snapshot-facts.ts'
import { snapshotRecordOf, storeKeyOf } from '../contents/snapshot-record.ts'
import { untakenObject, type UntakenObject } from '../contents/untaken-object.ts'
import { withoutBadSectors } from '../contents/without-bad-sectors.ts'
import { lockCollection } from '../tables/collecting.queries.ts'
import { endSession, findSessionBySeq } from '../tables/sessions.queries.ts'
import { findSnapshot, insertSnapshot, listSnapshotPlaces, setSnapshotState, type SnapshotRecord } from '../tables/snapshots.queries.ts'
import { isDamage } from '../errors/translate-engine-error.ts'
import { settleVersions } from './settle-versions.ts'
import type { LoadDeps } from './load-packs.ts'

/** What came of making rows and store agree. */
export interface LoadedSnapshots {
  /** Of any snapshot adopted. */
  readonly highestEpoch: number
  /** Objects that could not be adopted. */
  readonly untaken: readonly UntakenObject[]
}

/**
 * Makes snapshot rows and store agree: an object without a row is verified and adopted (the hub was killed between the two), a row
 * without its object is lost, one whose object is back is committed again. Nothing in the store is changed.
 *
 * @param removedKeys of what a collection removed: never taken on, whatever the store still has of it
 */
export async function loadSnapshots(deps: LoadDeps, vault: OpenVault, removedKeys: ReadonlySet<string>): Promise<LoadedSnapshots> {
  const { database, log } = deps
  const placeByKey = new Map((await listSnapshotPlaces(database.em(), vault.id)).map((place) => [storeKeyOf(place), place]))
  const untaken: UntakenObject[] = []
  let highestEpoch = 0
  for await (const { key } of vault.store.list(snapshotPrefix)) {
    const place = placeByKey.get(key)
    placeByKey.delete(key)
    if (place?.state === 'lost') await setSnapshotState(database.em(), place.id, 'committed')
    if (place !== undefined || removedKeys.has(key)) continue
    const adopted = await adopt(deps, vault, key)
    if ('cure' in adopted) untaken.push(adopted)
    else highestEpoch = Math.max(highestEpoch, adopted.epoch)
  }
  for (const { id, state } of placeByKey.values()) {
    if (state !== 'committed') continue
    await setSnapshotState(database.em(), id, 'lost')
    log.error({ event: 'snapshot.lost', vaultId: vault.id, snapshotId: id }, 'A snapshot is missing from the store')
  }
  await database.transaction((em) => settleVersions(deps, em, vault))
  return { highestEpoch, untaken }
}

/**
 * Gives a snapshot its row that has none.
 * @param mostEpoch one of a later epoch is left to the next start, which begins anew above it
 * @returns what keeps it from that, where it is damaged, cannot be read, or has the id of another
 */
export async function adopt(
  deps: LoadDeps,
  vault: OpenVault,
  key: string,
  mostEpoch = Number.MAX_SAFE_INTEGER,
): Promise<SnapshotRecord | UntakenObject> {
  let verified: VerifiedSnapshot
  try {
    verified = await withoutBadSectors(vault, () => openVerified(vault, key))
  } catch (error) {
    if (!isDamage(error)) throw error
    deps.log.error(
      { event: 'snapshot.damaged', vaultId: vault.id, object: key, err: error },
      'An object among the snapshots does not verify; it is left as it is, and nothing is removed as long as it lies there',
    )
    return untakenObject(key, error)
  }
  if (verified.snapshot.epoch > mostEpoch) return leftToStart(deps, vault, key)
  return (await giveRow(deps, vault, verified)) ? verified.snapshot : anothersId(deps, vault, key)
}

function leftToStart({ log }: LoadDeps, vault: OpenVault, key: string): UntakenObject {
  const message = 'It is of a later time than the database of the hub, which takes it on with its next start.'
  log.warn({ event: 'snapshot.later', vaultId: vault.id, object: key }, `A snapshot without a row was not adopted. ${message}`)
  return { key, cure: 'restart', message }
}

function anothersId({ log }: LoadDeps, vault: OpenVault, key: string): UntakenObject {
  const message = 'Another snapshot has its id.'
  log.error(
    { event: 'snapshot.id-taken', vaultId: vault.id, object: key },
    `A snapshot without a row cannot be adopted, and nothing is removed as long as it lies there. ${message}`,
  )
  return { key, cure: 'damaged', message }
}

/** @returns false where another object has the row of its id: then no session ends with it */
async function giveRow(
  { database, domainEvents, log }: LoadDeps,
  vault: OpenVault,
  { snapshot, refset }: VerifiedSnapshot,
): Promise<boolean> {
  const { id: snapshotId, agentId, receivedAtMs } = snapshot
  // The hub may have been killed before its name was on the disk.
  await vault.store.makeDurable([storeKeyOf(snapshot)])
  const isNew = await database.transaction(async (em) => {
    await lockCollection(em, vault.id, 'shared')
    // As its commit did, in a transaction that did not come to its end.
    await rescueSegments(em, vault.contents, refset, true)
    // The session it was promised to, unless the database is younger than the snapshot.
    const session = await findSessionBySeq(em, vault.id, agentId, snapshot.seq)
    const runId = session?.runId ?? null
    if (!(await insertSnapshot(em, { ...snapshot, runId }))) return false
    // A run ended with what its device sent; what was written anew since is nobody's run.
    if (snapshot.rewritten !== null) return true
    if (runId !== null) await endSession(em, runId, 'committed', new Date(receivedAtMs))
    afterCommit(em, () => domainEvents.emit('snapshot.committed', { snapshotId, agentId, runId, createdAtMs: receivedAtMs }))
    return true
  })
  if (isNew) {
    log.warn({ event: 'snapshot.adopted', vaultId: vault.id, snapshotId, agentId }, 'A snapshot without a row was adopted')
    return true
  }
  // Somebody else may have adopted it in the same moment.
  const known = await findSnapshot(database.em(), snapshotId)
  return known !== null && known.vaultId === vault.id && storeKeyOf(known) === storeKeyOf(snapshot)
}

export interface VerifiedSnapshot {
  readonly snapshot: SnapshotRecord
  readonly refset: Refset
}

/** A snapshot's row from its object. @throws EngineError unless the agent signed it, the hub stated it, and its body opens where the hub has its key. */
export const readVerified = async (vault: StoredVault, key: string): Promise<SnapshotRecord> => (await openVerified(vault, key)).snapshot

export async function openVerified(vault: StoredVault, key: string): Promise<VerifiedSnapshot> {
  const object = decodeSnapshotObject(await vault.store.get(key))
  const { header, hubHeader } = object
  if (snapshotKey(header.agentId, header.seq, header.snapshotId) !== key || hubHeader === null)
    throw new EngineError('snapshot.invalid', 'A snapshot lies under the name of another, or without the hub\u2019s statement.')
  await verifySnapshotSignature(nodePrimitives, object, await vault.vault.signerOfSnapshot(header))
  await verifyHubHeader(nodePrimitives, object, vault.vault.hubKey)
  const facts = await factsOf(vault.vault, object, hubHeader.receivedAtMs, null)
  const refset = Refset.decode(object.refset)
  return { snapshot: snapshotRecordOf({ header, facts, refset }, { ...hubHeader, vaultId: vault.id, runId: null }), refset }
}
