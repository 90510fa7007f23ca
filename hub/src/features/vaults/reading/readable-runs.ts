import type { RunId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { DomainEventBus } from '../../../platform/events/domain-events.ts'
import { requireReadableRun, type ReadableRun, type ReadableRunDeps, type RunClaim } from './readable-run.ts'

/** How old an answer of the database may be. A restore asks dozens of times a second, and each answer is three rows. */
const freshForMs = 2_000

interface Known {
  readonly readable: ReadableRun
  readonly untilMs: number
}

/**
 * What runs may read, remembered for a moment: for calls that come in great numbers. A run that has ended reads nothing more after that
 * moment, mostly at once; whether its device may still come is asked with each call, before this.
 */
export class ReadableRuns {
  readonly #deps: ReadableRunDeps
  readonly #nowMs: () => number
  readonly #known = new Map<RunId, Known>()

  constructor(deps: ReadableRunDeps & { readonly domainEvents: DomainEventBus }, nowMs = () => performance.now()) {
    this.#deps = deps
    this.#nowMs = nowMs
    deps.domainEvents.on('run.finished', ({ runId }) => void this.#known.delete(runId))
  }

  /** @throws AppError as `requireReadableRun` */
  async require(em: EntityManager, claim: Omit<RunClaim, 'fence'>): Promise<ReadableRun> {
    const nowMs = this.#nowMs()
    this.#forgetStale(nowMs)
    const known = this.#known.get(claim.runId)
    if (known !== undefined && known.readable.agent.id === claim.agentId) return known.readable
    const readable = await requireReadableRun(this.#deps, em, claim)
    this.#known.set(claim.runId, { readable, untilMs: nowMs + freshForMs })
    return readable
  }

  #forgetStale(nowMs: number): void {
    for (const [runId, { untilMs }] of this.#known) if (untilMs <= nowMs) this.#known.delete(runId)
  }
}
