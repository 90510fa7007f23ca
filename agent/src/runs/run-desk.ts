import { isAbsolute } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AckOf, BodyOf, hubCommands, RunId, RunInHand as RunInHandFact, RunRequest } from '@holdfast/shared-types'
import type { Outbox } from '../hub-connection/outbox.ts'
import type { RunInHand, StopReason } from './run-in-hand.ts'
import { dutyOnOffer, isMeant } from './run-duty.ts'
import { runKeyOf } from './run-key.ts'

type Offer = BodyOf<typeof hubCommands, 'run.offer'>
type OfferAnswer = AckOf<typeof hubCommands, 'run.offer'>
type Pause = BodyOf<typeof hubCommands, 'run.pause'>
type Cancel = BodyOf<typeof hubCommands, 'run.cancel'>

/** More at the same time only make each other slow; a restore still starts while backups run. */
const runsAtOnce = 4
/** A thread whose run was reported gets this long to go; one that waits for a dead disk never does, and makes nobody wait. */
const lastGraceMs = 1_000

export interface RunDeskOptions {
  readonly outbox: Outbox
  readonly begin: (offer: Offer) => RunInHand
  /** Where given, the one run that is taken: a command that works as the agent ends with its own run. */
  readonly onlyRun?: Promise<RunId> | undefined
}

/** Which runs this device has in hand: takes offers, stops runs, and tells each hello the truth about them. */
export class RunDesk {
  readonly #options: RunDeskOptions
  readonly #runs = new Map<RunId, RunInHand>()
  #closed = false

  constructor(options: RunDeskOptions) {
    this.#options = options
  }

  /** Working on, or finished with a report that the hub has not acknowledged. */
  get facts(): readonly RunInHandFact[] {
    const working = [...this.#runs.values()].map(({ order, state }) => ({ runId: order.runId, fence: order.fence, state }))
    const told = new Set(working.map((run) => run.runId))
    const ended = this.#options.outbox.unacknowledgedEnds
      .filter((end) => !told.has(end.runId))
      .map(({ runId, fence, outcome }) => ({ runId, fence, state: outcome }))
    return [...working, ...ended].slice(0, 100)
  }

  /** The same offer again is the same run; a newer attempt takes the place of an older one. */
  async offer(offer: Offer): Promise<OfferAnswer> {
    const { onlyRun } = this.#options
    if (onlyRun !== undefined && (await onlyRun) !== offer.runId)
      return { accepted: false, reason: 'Only a single command works on the device; its agent does not run.' }
    const duty = dutyOnOffer(this.facts, offer)
    if (duty === 'same') return { accepted: true }
    if (duty === 'older') return { accepted: false, reason: 'A newer attempt of this run is in hand.' }
    if (duty === 'replace') {
      const older = this.#runs.get(offer.runId)
      await this.drop([offer.runId])
      // Its thread is still in a call, of which nobody knows when it ends.
      if (older !== undefined && this.#runs.get(offer.runId) === older)
        return { accepted: false, reason: 'The attempt before does not end yet.' }
      return this.offer(offer)
    }
    // From here to the map nothing waits: the same offer twice at once must not begin twice.
    const reason = this.#refusal(offer.request)
    if (reason !== null) return { accepted: false, reason }
    const run = this.#options.begin(offer)
    this.#runs.set(offer.runId, run)
    void run.ended.then(() => {
      if (this.#runs.get(offer.runId) === run) this.#runs.delete(offer.runId)
    })
    return { accepted: true }
  }

  cancel(named: Cancel): { known: boolean } {
    const run = this.#runs.get(named.runId)
    if (run === undefined || !isMeant(run.order, named)) return { known: false }
    run.stop('cancelled')
    return { known: true }
  }

  /** Known = it works, and rests from now on, or goes on. */
  pause({ runId, fence, isPaused }: Pause): { known: boolean } {
    const run = this.#runs.get(runId)
    if (run === undefined || run.order.fence !== fence || run.state !== 'running') return { known: false }
    run.pause(isPaused)
    return { known: true }
  }

  /** Ends runs that the hub no longer counts on, and forgets what was to be told of them. What is offered anew meanwhile is another attempt, and stays. */
  async drop(runIds: readonly RunId[]): Promise<void> {
    const { outbox } = this.#options
    // All of them are looked up before anything waits.
    const attempts = runIds.map((runId) => {
      const run = this.#runs.get(runId)
      return { runId, run, fence: Math.max(run?.order.fence ?? 0, outbox.newestFence(runId)) }
    })
    await Promise.all(
      attempts.map(async ({ runId, run, fence }) => {
        run?.stop('dropped')
        if (run !== undefined) await outOfHand(run)
        await outbox.dropRun(runId, fence)
      }),
    )
  }

  get isIdle(): boolean {
    return this.#runs.size === 0
  }

  /** Resolves once nothing is in hand; new offers may come in meanwhile. */
  async idle(): Promise<void> {
    while (this.#runs.size > 0) await Promise.all([...this.#runs.values()].map((run) => run.ended))
  }

  /** No more offers; what runs is stopped and its report made durable. Not idle afterwards = a thread hangs, and keeps this process from ending. */
  async close(reason: StopReason): Promise<void> {
    this.#closed = true
    const runs = [...this.#runs.values()]
    for (const run of runs) run.stop(reason)
    await Promise.all(runs.map(outOfHand))
  }

  #refusal(request: RunRequest): string | null {
    if (this.#closed) return 'The agent is stopping.'
    const working = [...this.#runs.values()].filter(({ isThreadGone }) => !isThreadGone)
    if (working.length >= runsAtOnce) return 'The device has its hands full: four runs are under way.'
    const key = runKeyOf(request)
    for (const run of working) if (runKeyOf(run.order.request) === key) return 'A run of the same kind and source is under way.'
    const paths =
      request.kind === 'backup' ? request.sources : request.kind === 'restore' && request.target !== null ? [request.target] : []
    return paths.every(({ path }) => isAbsolute(path)) ? null : 'A path is not absolute.'
  }
}

/** Reported, and its thread gone if that can be had soon. */
async function outOfHand(run: RunInHand): Promise<void> {
  await run.reported
  await Promise.race([run.ended, sleep(lastGraceMs, undefined, { ref: false })])
}
