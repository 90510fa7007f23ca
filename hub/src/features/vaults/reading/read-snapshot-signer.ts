import type { EntityManager } from '@mikro-orm/postgresql'
import { requireManaged } from '../contents/open-vaults.ts'
import { requireReadableRun, type ReadableRunDeps, type RunClaim } from './readable-run.ts'

/**
 * The stored agent object of the device that made the run's snapshot, or the vault's rewriting key where the hub wrote it anew. An agent has not the key of its MAC, so it is checked here: what
 * somebody has changed in the store is told to nobody.
 *
 * @throws AppError as `requireReadableRun`; EngineError `vault.invalid`, `store.not-found`
 */
export async function readSnapshotSigner(deps: ReadableRunDeps, em: EntityManager, claim: RunClaim): Promise<Uint8Array> {
  const { snapshot, vault } = await requireReadableRun(deps, em, claim)
  return snapshot.rewritten === null ? vault.vault.readAgentObject(snapshot.agentId) : requireManaged(vault).vault.readRewritingKeyObject()
}
