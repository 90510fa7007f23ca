import { setTimeout as sleep } from 'node:timers/promises'
import { AppError, isEndState, type LogLine, type Run, type RunId, type RunOutcome } from '@holdfast/shared-types'
import { mayPass } from '../hub-connection/may-pass.ts'
import type { HubClient } from '../hub-connection/hub-client.ts'

/** A short run is over before a person has looked up; a long one is looked at as often as a person sees. */
const firstPollMs = 40
const pollEveryMs = 250
/** How long the hub may keep an answer that is only wanted once the run has ended. */
const waitSecondsFor = { progress: 0, log: 1, end: 25 } as const
const awayPollMs = 1_000
/** A hub may be away for a lease or two without the run being lost. */
const hubPatienceMs = 20 * 60_000

export interface RunWatcher {
  /** What it wants to hear of before the run has ended: the hub is asked no more than that needs. */
  readonly follows: 'progress' | 'log' | 'end'
  /** Each time something is known anew. */
  onRun(run: Pick<Run, 'state' | 'progress' | 'waitsFor'>): void
  onLog(lines: readonly LogLine[]): void
  /** What this machine itself has noted of the run since the last call, where it may say more than the hub; null where it has nothing. */
  readonly ownNotes?: () => readonly LogLine[] | null
  /** The hub does not answer; the run goes on without it. Null = it answers again. */
  onProblem(problem: AppError | null): void
}

export type EndedRun = Run & { readonly state: RunOutcome }

/** Watches a run at the hub until it has ended. @throws AppError when the hub stays away, or the signal's reason. */
export async function followRun(client: HubClient, runId: RunId, watcher: RunWatcher, signal: AbortSignal): Promise<EndedRun> {
  let lastLine = 0
  let awaySinceMs: number | null = null
  let waitMs = firstPollMs
  let mostWaitSeconds: number = waitSecondsFor[watcher.follows]
  for (;;) {
    // Whether the hub is away, or something on the way to it cuts what is silent for long, tells a question that is answered at once.
    const waitSeconds = awaySinceMs === null ? Math.floor(mostWaitSeconds) : 0
    const askedAtMs = performance.now()
    try {
      const run = await client.call('getRun', { params: { runId }, query: { waitSeconds } }, { signal, patienceMs: 0 })
      if (watcher.follows === 'log') lastLine = await readNotes(client, runId, lastLine, { watcher, signal })
      if (awaySinceMs !== null) watcher.onProblem(null)
      awaySinceMs = null
      watcher.onRun(run)
      // The log was read after the run had ended: it is whole.
      if (isEnded(run)) return run
      waitMs = Math.min(pollEveryMs, waitMs * 1.15)
    } catch (error) {
      signal.throwIfAborted()
      awaySinceMs ??= performance.now()
      if (!(error instanceof AppError) || !mayPass(error) || performance.now() - awaySinceMs > hubPatienceMs) throw error
      watcher.onProblem(error)
      waitMs = awayPollMs
      if (waitSeconds > 0) mostWaitSeconds /= 2
    }
    // What was waited for at the hub need not be waited for again here; where the hub does not know how to wait, it is.
    const leftMs = awaySinceMs === null ? waitMs - (performance.now() - askedAtMs) : waitMs
    // An aborted sleep says only that it was aborted.
    if (leftMs > 0) await sleep(leftMs, undefined, { signal }).catch(() => signal.throwIfAborted())
  }
}

const linesPerPage = 500

interface Watching {
  readonly watcher: RunWatcher
  readonly signal: AbortSignal
}

/** @returns the last line of the hub's that was told */
async function readNotes(client: HubClient, runId: RunId, after: number, watching: Watching): Promise<number> {
  const own = watching.watcher.ownNotes?.() ?? null
  if (own === null) return readLog(client, runId, after, watching)
  if (own.length > 0) watching.watcher.onLog(own)
  return after
}

async function readLog(client: HubClient, runId: RunId, after: number, { watcher, signal }: Watching): Promise<number> {
  let last = after
  for (;;) {
    const { items, hasMore } = await client.call(
      'getRunLog',
      { params: { runId }, query: { after: last, limit: linesPerPage } },
      { signal, patienceMs: 0 },
    )
    last = items.at(-1)?.seq ?? last
    if (items.length > 0) watcher.onLog(items)
    if (items.length === 0 || !(hasMore ?? items.length === linesPerPage)) return last
  }
}

const isEnded = (run: Run): run is EndedRun => isEndState(run.state)
