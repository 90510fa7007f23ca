import type { LiveEvent, RunId } from '@holdfast/shared-types'
import { onScopeDispose, shallowRef, watch, type Ref } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'
import { isUnreachable } from '../../platform/errors/api-error.ts'
import { connectionState } from '../../platform/realtime/connection.ts'
import { listenToTopic } from '../../platform/realtime/live-link.ts'
import { useRunFigures } from './run-figures.ts'
import { useRunHistory } from './run-history.ts'
import { useRunLog } from './run-log.ts'

/**
 * One run, live: state, figures and log. Nothing is lost or doubled across reloads and reconnects: the log's first page
 * names the topic's place, the run is read after that place was taken, and events follow from it; lines are told apart
 * by their own `seq`.
 */
export function useWatchedRun(runId: RunId) {
  const leaving = new AbortController()
  const { signal } = leaving
  const log = useRunLog(runId, signal)
  const { events, read: readSteps } = useRunHistory(runId, signal)
  const { run, takeRun, takeTold, ask, takeSample, takeCurve, ...figures } = useRunFigures()
  const error = shallowRef<unknown>(null)
  let stopListening: (() => void) | undefined

  function onEvent(event: LiveEvent): void {
    if (event.type === 'run.progress') return takeSample(event.body.sample, event.atMs)
    if (event.type === 'run.log') return log.take(event.body)
    if (event.type !== 'run.changed') return
    takeTold(event.body)
    void readSteps()
  }

  const readRun = () => callHub('getRun', { params: { runId }, signal }).then(ask())
  /** What the page is the poorer without, and no worse: the next link brings it. */
  const readCurve = () => callHub('getRunCurve', { params: { runId }, signal }).then(takeCurve, () => undefined)

  async function onCaughtUp(hadGap: boolean): Promise<void> {
    await readRun()
    void Promise.all([readSteps(), readCurve()])
    if (hadGap) await log.readMissed()
    error.value = null
  }

  const listener = { onEvent, onCaughtUp: (hadGap: boolean) => void onCaughtUp(hadGap).catch(fail) }

  async function start(): Promise<void> {
    error.value = null
    try {
      const first = await log.readPage(0)
      await readRun()
      stopListening ??= listenToTopic(`run:${runId}`, listener, first.lastSeq)
      void Promise.all([readSteps(), readCurve()])
      await log.readOn(first)
    } catch (cause) {
      fail(cause)
      // With the hub away, the run may still be known from the last visit; its log is not.
      if (run.value === null) await readRun().catch(() => undefined)
    }
  }

  function fail(cause: unknown): void {
    if (signal.aborted) return
    error.value = cause
    log.giveUp()
  }

  tryAgainWhenLive(error, start)
  onScopeDispose(() => {
    leaving.abort()
    stopListening?.()
  })
  void start()

  return { run, events, ...figures, log, error, takeRun, retry: start }
}

/** Who was not there when the page was opened, or in the middle of the log, is asked again as soon as it is back. */
function tryAgainWhenLive(error: Readonly<Ref<unknown>>, start: () => Promise<void>): void {
  watch(connectionState, (state) => {
    if (state === 'live' && isUnreachable(error.value)) void start()
  })
}
