import type { Run, RunProgressSample } from '@holdfast/shared-types'
import { computed, shallowRef } from 'vue'
import { addSample, emptyRateWindow } from './rate-window.ts'
import { isActive } from './run-states.ts'

/** State and figures of one run, put together from answers and live events in whatever order they come. */
export function useRunFigures() {
  const run = shallowRef<Run | null>(null)
  const progress = shallowRef<RunProgressSample | null>(null)
  const rateWindow = shallowRef(emptyRateWindow)

  function takeSample(sample: RunProgressSample): void {
    rateWindow.value = addSample(rateWindow.value, sample)
    progress.value = sample
  }

  /** An end is final: an answer that was under way meanwhile does not bring the run back to life. */
  function takeRun(next: Run): void {
    if (run.value !== null && !isActive(run.value.state) && isActive(next.state)) return
    run.value = next
    if (next.progress !== null && next.progress.elapsedMs >= (progress.value?.elapsedMs ?? 0)) takeSample(next.progress)
  }

  const isRunActive = computed(() => run.value !== null && isActive(run.value.state))
  return { run, progress, rateWindow, isRunActive, takeRun, takeSample }
}
