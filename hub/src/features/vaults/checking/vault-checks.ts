import { toWireError, AppError, type VaultCheck, type VaultId } from '@holdfast/shared-types'
import type { FsckReport } from '@holdfast/engine/maintenance'
import { asAppError } from '../../../platform/http/as-app-error.ts'
import type { OpenVault } from '../contents/open-vault.ts'
import type { VaultTurns } from '../contents/vault-turns.ts'
import { translateEngineError } from '../errors/translate-engine-error.ts'
import { endInTime } from '../opening/end-in-time.ts'
import { blobsOfVault, findLastCheck, setLastCheck, totalsOfVault } from '../tables/vaults.queries.ts'
import { requireStore } from '../contents/without-bad-sectors.ts'
import { checkVault, type CheckOptions } from './check-vault.ts'
import { requireGoingOn, type CheckVaultDeps } from './check-vault-deps.ts'
import { isFoundByReading } from './found-by-reading.ts'

export interface VaultChecksDeps extends CheckVaultDeps {
  readonly turns: VaultTurns
  readonly now: () => number
}

interface Progress {
  check: VaultCheck
  counts: { readonly packs: number; readonly snapshots: number }
}

interface Running {
  readonly progress: Progress
  readonly done: Promise<FsckReport>
}

interface CheckOrder extends CheckOptions {
  readonly startedBy: string
}

/** A check keeps 60 to 120 bytes a blob in memory, and half as many again while it grows: a gigabyte is what a hub can spare beside its work. */
const mostBlobs = 8_000_000
const shownProblems = 20

/** Checks of vaults: one at a time each, the newest one's result kept in the vault's row. */
export class VaultChecks {
  readonly #deps: VaultChecksDeps
  readonly #running = new Map<VaultId, Running>()
  readonly #stopping = new AbortController()

  constructor(deps: VaultChecksDeps) {
    this.#deps = deps
  }

  /** The running or newest one. */
  async last({ id }: OpenVault): Promise<VaultCheck | null> {
    const running = this.#running.get(id)
    if (running !== undefined) return withProgress(running.progress)
    const last = await findLastCheck(this.#deps.database.em(), id)
    return last?.state === 'running' ? { ...last, state: 'interrupted', progress: null } : last
  }

  /** Starts a light check in the background, or tells of the one that runs. @throws AppError `vault.check-too-large` */
  async start(vault: OpenVault, startedBy: string): Promise<VaultCheck> {
    if (this.#running.has(vault.id)) return (await this.last(vault)) as VaultCheck
    const blobs = await blobsOfVault(this.#deps.database.em(), vault.id)
    if (blobs > mostBlobs) throw new AppError('vault.check-too-large', { context: { vaultId: vault.id, blobs } })
    // Whatever it throws is in the check's own words. Somebody else may have begun one meanwhile.
    if (!this.#running.has(vault.id)) this.#begin(vault, { readData: false, startedBy }).catch(() => undefined)
    return (await this.last(vault)) as VaultCheck
  }

  /** Checks, notes the result, and gives it or throws what kept it from its end. Waits for the one that runs: it may look at less. */
  async run(vault: OpenVault, order: CheckOrder): Promise<FsckReport> {
    for (let running = this.#running.get(vault.id); running !== undefined; running = this.#running.get(vault.id))
      await running.done.catch(() => undefined)
    requireGoingOn(this.#stopping.signal)
    return this.#begin(vault, order)
  }

  /** Ends what runs; it counts as interrupted. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await endInTime([...this.#running.values()].map(({ done }) => done))
  }

  #begin(vault: OpenVault, { readData, startedBy }: CheckOrder): Promise<FsckReport> {
    const check: VaultCheck = {
      state: 'running',
      isDeep: readData,
      startedBy,
      startedAtMs: this.#deps.now(),
      endedAtMs: null,
      progress: { done: 0, total: 0 },
      packs: 0,
      snapshots: 0,
      problemCount: 0,
      problems: [],
      error: null,
    }
    const progress: Progress = { check, counts: { packs: 0, snapshots: 0 } }
    const done = this.#deps.turns.during(vault.id, () => this.#work(vault, progress, readData))
    this.#running.set(vault.id, { progress, done })
    return done
  }

  async #work(vault: OpenVault, progress: Progress, readData: boolean): Promise<FsckReport> {
    const { check } = progress
    const { signal } = this.#stopping
    const { database, now } = this.#deps
    const em = () => database.em()
    try {
      const totals = await totalsOfVault(em(), vault.id)
      progress.check = { ...check, progress: { done: 0, total: totals.packs + totals.snapshots } }
      await setLastCheck(em(), vault.id, check)
      await requireStore(vault)
      const report = await checkVault(this.#deps, vault, { readData, signal, onStart: (counts) => void (progress.counts = counts) })
      // A disk that went away meanwhile looks like a vault without its packs.
      if (!report.ok) await requireStore(vault)
      await setLastCheck(em(), vault.id, resultOf(check, report, now()), readData && isFoundByReading(report))
      return report
    } catch (error) {
      const state = signal.aborted ? 'interrupted' : 'failed'
      const known = toWireError(asAppError(translateEngineError(error)))
      const failed: VaultCheck = {
        ...check,
        state,
        endedAtMs: now(),
        progress: null,
        error: state === 'failed' ? { code: known.code, message: known.message, cure: known.cure } : null,
      }
      // Where even that cannot be noted, the next look finds one that runs no more, and calls it interrupted.
      await setLastCheck(em(), vault.id, failed).catch(() => undefined)
      throw error
    } finally {
      // Its own entry only.
      if (this.#running.get(vault.id)?.progress === progress) this.#running.delete(vault.id)
    }
  }
}

function withProgress({ check, counts: { packs, snapshots } }: Progress): VaultCheck {
  const total = check.progress?.total ?? 0
  // What arrives while it runs is looked at too.
  return { ...check, packs, snapshots, progress: { done: Math.min(packs + snapshots, total), total } }
}

const resultOf = (check: VaultCheck, { ok, problems, counts }: FsckReport, endedAtMs: number): VaultCheck => ({
  ...check,
  state: ok ? 'sound' : 'damaged',
  endedAtMs,
  progress: null,
  packs: counts.packs,
  snapshots: counts.snapshots,
  problemCount: problems.length,
  problems: problems.slice(0, shownProblems).map(({ code, object, message }) => ({ code, object, message })),
})
