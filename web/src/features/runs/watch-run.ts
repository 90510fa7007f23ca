import type { LiveEvent, RunId } from '@holdfast/shared-types'
import { onScopeDispose, shallowRef } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'
import { listenToTopic } from '../../platform/realtime/live-link.ts'
import { useRunFigures } from './run-figures.ts'
import { useRunLog } from './run-log.ts'

/**
 * One run, live: state, figures and log. Nothing is lost or doubled across reloads and reconnects: the log's first page
 * names the topic's place, the run is read after that place was taken, and events follow from it; lines are told apart
 * by their own `seq`.
 */
export function useWatchedRun(runId: RunId) {
  const leaving = new AbortController()
  const log = useRunLog(runId, leaving.signal)
  const { run, takeRun, takeSample, ...figures } = useRunFigures()
  const error = shallowRef<unknown>(null)
  let stopListening: (() => void) | undefined

  function onEvent(event: LiveEvent): void {
    if (event.type === 'run.changed') takeRun(event.body)
    else if (event.type === 'run.progress') takeSample(event.body.sample)
    else if (event.type === 'run.log') log.take(event.body)
  }

  const readRun = async () => takeRun(await callHub('getRun', { params: { runId }, signal: leaving.signal }))

  async function onCaughtUp(hadGap: boolean): Promise<void> {
    await readRun()
    if (hadGap) await log.readMissed()
  }

  async function start(): Promise<void> {
    error.value = null
    try {
      const first = await log.readPage(0)
      await readRun()
      stopListening ??= listenToTopic(
        `run:${runId}`,
        { onEvent, onCaughtUp: (hadGap) => void onCaughtUp(hadGap).catch(fail) },
        first.lastSeq,
      )
      await log.readOn(first)
    } catch (cause) {
      fail(cause)
      // With the hub away, the run may still be known from the last visit; its log is not.
      if (run.value === null) await readRun().catch(() => undefined)
    }
  }

  function fail(cause: unknown): void {
    if (leaving.signal.aborted) return
    error.value = cause
    log.giveUp()
  }

  onScopeDispose(() => {
    leaving.abort()
    stopListening?.()
  })
  void start()

  return { run, ...figures, log, error, takeRun, retry: start }
}
