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
 * What runs may read, remembered for a moment: for calls that come in great numbers. That a run has ended is known at once where it is
 * told, and after that moment in any case; whether its device may still come is asked with each call, before this.
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
  async require(em: EntityManager, claim: RunClaim): Promise<ReadableRun> {
    const known = this.#known.get(claim.runId)
    if (known !== undefined && known.untilMs > this.#nowMs() && isOf(known, claim)) return known.readable
    const readable = await requireReadableRun(this.#deps, em, claim)
    this.#known.set(claim.runId, { readable, untilMs: this.#nowMs() + freshForMs })
    this.#forgetStale()
    return readable
  }

  #forgetStale(): void {
    for (const [runId, { untilMs }] of this.#known) if (untilMs <= this.#nowMs()) this.#known.delete(runId)
  }
}

const isOf = ({ readable }: Known, claim: RunClaim): boolean =>
  readable.agent.id === claim.agentId && (claim.fence === undefined || claim.fence === readable.fence)
