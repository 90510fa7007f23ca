import { Refset } from '@holdfast/engine/format'
import { fsck, type FsckOptions, type FsckProblem, type FsckReport } from '@holdfast/engine/maintenance'
import type { OpenVault } from '../contents/open-vault.ts'
import { listUnnamedRefsets } from '../tables/damage.queries.ts'
import { whileGoingOn, type CheckVaultDeps } from './check-vault-deps.ts'
import { comparePacks } from './compare-packs.ts'
import { compareSnapshots } from './compare-snapshots.ts'

export interface CheckOptions {
  /** Reads and opens every stored byte; false = footers and trees only. */
  readonly readData: boolean
}

export interface CheckTask extends CheckOptions {
  readonly signal: AbortSignal
  readonly onStart: NonNullable<FsckOptions['onStart']>
}

/**
 * Proves a vault from its store and keys (docs/vault-format.md §12), and that the database says what the store says. Reads only, and may
 * run while backups do.
 */
export async function checkVault(deps: CheckVaultDeps, vault: OpenVault, task: CheckTask): Promise<FsckReport> {
  await whileGoingOn(deps.packsInDoubt.settle(vault.id), task.signal)
  const report = await fsck(vault.store, { ...task, vault: vault.vault, beyondRefset: await beyondRefsets(deps, vault) })
  const differences: FsckProblem[] = []
  for await (const problem of comparePacks(deps, vault, task.signal)) differences.push(problem)
  for await (const problem of compareSnapshots(deps, vault, task.signal)) differences.push(problem)
  return { ...report, ok: report.ok && differences.length === 0, problems: [...report.problems, ...differences] }
}

/** Of snapshots that were looked through: what they lack where they say lies there. */
async function beyondRefsets({ database }: CheckVaultDeps, vault: OpenVault): Promise<Map<string, Refset>> {
  const rows = await listUnnamedRefsets(database.em(), vault.id)
  return new Map(rows.map(({ id, refset }) => [id, Refset.decode(refset)]))
}
