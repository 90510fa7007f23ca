import type { EntityManager } from '@mikro-orm/postgresql'
import { storeKeyOf } from '../contents/snapshot-record.ts'
import { requireReadableRun, type ReadableRunDeps, type RunClaim } from './readable-run.ts'

/** The stored object of the run's snapshot, the hub's statement included: at most 64 MiB. @throws AppError as `requireReadableRun` */
export async function readSnapshotObject(deps: ReadableRunDeps, em: EntityManager, claim: RunClaim): Promise<Uint8Array> {
  const { snapshot, vault } = await requireReadableRun(deps, em, claim)
  return vault.getStored(storeKeyOf(snapshot))
}
