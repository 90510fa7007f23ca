import { isDeepStrictEqual } from 'node:util'
import { snapshotPrefix } from '@holdfast/engine/format'
import type { FsckProblem } from '@holdfast/engine/maintenance'
import type { OpenVault } from '../contents/open-vault.ts'
import { sealedFacts } from '../contents/snapshot-facts.ts'
import { storeKeyOf } from '../contents/snapshot-record.ts'
import { isDamage } from '../errors/translate-engine-error.ts'
import { readVerified } from '../opening/load-snapshots.ts'
import { findSnapshot, listSnapshotPlaces, type SnapshotRecord } from '../tables/snapshots.queries.ts'
import { requireGoingOn, type CheckVaultDeps } from './check-vault-deps.ts'

/** Where snapshot rows and snapshots differ. One that is being committed lies there before its row is seen, and is no finding. */
export async function* compareSnapshots(
  { database }: Pick<CheckVaultDeps, 'database'>,
  vault: OpenVault,
  signal: AbortSignal,
): AsyncGenerator<FsckProblem> {
  const idByKey = new Map((await listSnapshotPlaces(database.em(), vault.id)).map((place) => [storeKeyOf(place), place.id]))
  for await (const { key } of vault.store.list(snapshotPrefix)) {
    requireGoingOn(signal)
    idByKey.delete(key)
    const snapshot = await readOrNull(vault, key)
    // Damage is a finding of the engine's check.
    if (snapshot === null) continue
    // Asked before the row: what has arrived since has one.
    const isArriving = vault.arriving.has(key)
    const row = await findSnapshot(database.em(), snapshot.id)
    if (row === null && isArriving) continue
    if (row === null)
      yield { code: 'row.missing', object: key, message: 'A snapshot has no row in the database; the next start of the hub adopts it.' }
    else if (!isSame(row, snapshot))
      yield { code: 'row.differs', object: key, message: 'The row of a snapshot says something else than the snapshot.' }
  }
  for (const [key, id] of idByKey) {
    requireGoingOn(signal)
    if (await isStillMissing(vault, key)) yield* missing(await findSnapshot(database.em(), id), key)
  }
}

async function readOrNull(vault: OpenVault, key: string): Promise<SnapshotRecord | null> {
  try {
    return await readVerified(vault, key)
  } catch (error) {
    if (isDamage(error)) return null
    throw error
  }
}

const isStillMissing = async (vault: OpenVault, key: string): Promise<boolean> => (await vault.store.head(key)) === null

function* missing(row: SnapshotRecord | null, key: string): Generator<FsckProblem> {
  if (row !== null && row.state !== 'lost')
    yield { code: 'object.missing', object: key, message: 'A row of the database names a snapshot that is not stored.' }
}

/** The run, what was decided over it and what was found in it are the database's alone. */
const comparable = (snapshot: SnapshotRecord): object => ({
  ...snapshot,
  runId: null,
  state: null,
  keeping: null,
  looked: null,
  root: snapshot.root === null ? null : Buffer.from(snapshot.root).toString('hex'),
  roots: snapshot.roots.map((root) => ({ ...root })),
})
/** Of what is sealed for the hub a row says what its device stated; the object alone says nothing of it. */
const withoutStated = (row: SnapshotRecord, { root, agentId, receivedAtMs }: SnapshotRecord): SnapshotRecord =>
  root === null ? { ...row, ...sealedFacts(agentId, receivedAtMs, null) } : row
const isSame = (row: SnapshotRecord, snapshot: SnapshotRecord): boolean =>
  isDeepStrictEqual(comparable(withoutStated(row, snapshot)), comparable(snapshot))
