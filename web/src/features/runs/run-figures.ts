import type { Run, RunCurve, RunProgressSample } from '@holdfast/shared-types'
import { computed, shallowRef } from 'vue'
import { hubNowMs } from '../../platform/browser/clock.ts'
import { learnSpeed, nameEnd, noEstimate } from './end-estimate.ts'
import { addToCurve, emptyCurve, joinCurves, silenceOf } from './rate-curve.ts'
import { isActive } from './run-states.ts'

/** State and figures of one run, put together from answers and live events in whatever order they come. */
export function useRunFigures() {
  const run = shallowRef<Run | null>(null)
  const progress = shallowRef<RunProgressSample | null>(null)
  const curve = shallowRef(emptyCurve)
  const estimate = shallowRef(noEstimate)
  let toldCount = 0

  /** A sample told live, at its moment by the hub's clock. */
  function takeSample(sample: RunProgressSample, atMs: number): void {
    const { bytesDone, bytesRead, bytesStored } = sample
    progress.value = sample
    curve.value = addToCurve(curve.value, { atMs, bytesDone, bytesRead, bytesStored })
    estimate.value = nameEnd(learnSpeed(estimate.value, { atMs, bytesDone }), atMs, sample)
  }

  /** What the hub remembers of the time when this page was not there. The end is then the same on every page. */
  function takeCurve(remembered: RunCurve): void {
    curve.value = joinCurves(curve.value, remembered)
    const longestMs = silenceOf(curve.value)
    const learnt = curve.value.items.reduce((known, point) => learnSpeed(known, point, longestMs), noEstimate)
    estimate.value = progress.value === null ? learnt : nameEnd(learnt, hubNowMs(), progress.value)
  }

  /** An end is final: an answer that was under way meanwhile does not bring the run back to life. */
  function takeRun(next: Run): void {
    if (run.value !== null && !isActive(run.value.state) && isActive(next.state)) return
    run.value = next
    if (next.progress !== null && next.progress.elapsedMs >= (progress.value?.elapsedMs ?? 0)) progress.value = next.progress
  }

  /** What the hub has just told. */
  function takeTold(next: Run): void {
    toldCount += 1
    takeRun(next)
  }

  /** For a question that begins now. @returns takes its answer, unless the run is told meanwhile: the answer may be older */
  function ask(): (answer: Run) => void {
    const askedAt = toldCount
    return (answer) => void (toldCount === askedAt && takeRun(answer))
  }

  const isRunActive = computed(() => run.value !== null && isActive(run.value.state))
  const endAtMs = computed(() => (run.value?.state === 'running' && run.value.pausedAtMs === null ? estimate.value.endAtMs : null))
  return { run, progress, curve, endAtMs, isRunActive, takeRun, takeTold, ask, takeSample, takeCurve }
}
