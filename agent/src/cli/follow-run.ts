import { setTimeout as sleep } from 'node:timers/promises'
import { AppError, isEndState, type LogLine, type Run, type RunId, type RunOutcome } from '@holdfast/shared-types'
import { mayPass } from '../hub-connection/may-pass.ts'
import type { HubClient } from '../hub-connection/hub-client.ts'

export const pollEveryMs = 250
/** A hub may be away for a lease or two without the run being lost. */
const hubPatienceMs = 20 * 60_000

export interface RunWatcher {
  /** Each time something is known anew. */
  onRun(run: Run): void
  onLog(lines: readonly LogLine[]): void
  /** The hub does not answer; the run goes on without it. Null = it answers again. */
  onProblem(problem: AppError | null): void
}

export type EndedRun = Run & { readonly state: RunOutcome }

/** Watches a run at the hub until it has ended. @throws AppError when the hub stays away, or the signal's reason. */
export async function followRun(client: HubClient, runId: RunId, watcher: RunWatcher, signal: AbortSignal): Promise<EndedRun> {
  let lastLine = 0
  let awaySinceMs: number | null = null
  for (;;) {
    try {
      const run = await client.call('getRun', { params: { runId } }, { signal, patienceMs: 0 })
      const log = await client.call('getRunLog', { params: { runId }, query: { after: lastLine, limit: 500 } }, { signal, patienceMs: 0 })
      if (awaySinceMs !== null) watcher.onProblem(null)
      awaySinceMs = null
      lastLine = log.items.at(-1)?.seq ?? lastLine
      if (log.items.length > 0) watcher.onLog(log.items)
      watcher.onRun(run)
      if (isEnded(run) && log.items.length === 0) return run
    } catch (error) {
      signal.throwIfAborted()
      awaySinceMs ??= performance.now()
      if (!(error instanceof AppError) || !mayPass(error) || performance.now() - awaySinceMs > hubPatienceMs) throw error
      watcher.onProblem(error)
      await sleep(pollEveryMs * 4, undefined, { signal })
    }
    await sleep(pollEveryMs, undefined, { signal })
  }
}

const isEnded = (run: Run): run is EndedRun => isEndState(run.state)
