import type { Measurement } from '@holdfast/shared-types'
import { onScopeDispose, shallowRef, watch, type Ref } from 'vue'
import { followMeasurement, type MeasuredScope } from './follow-measurement.ts'

// Long enough for a second click or the rest of a word, short enough to look live.
const restMs = 600

/** Figures, `isStale` while they are those of a choice before this one. */
export interface ScopeFigures {
  readonly measurement: Measurement | null
  readonly isStale: boolean
  readonly error: unknown
}
const nothing: ScopeFigures = { measurement: null, isStale: false, error: null }

/** Counts a scope while it is looked at: begins anew shortly after it changes, ends with the page. Null: there is nothing to count. */
export function useMeasuredScope(scope: Readonly<Ref<MeasuredScope | null>>) {
  const figures = shallowRef<ScopeFigures>(nothing)
  let timer: ReturnType<typeof setTimeout> | undefined
  let stop: (isReplaced: boolean) => void = () => undefined

  function take(measurement: Measurement): void {
    const isFirst = measurement.sample === null && measurement.state === 'running'
    // The figures before stay until there are new ones: a page must not flicker with every click.
    const shown = isFirst ? { ...measurement, sample: figures.value.measurement?.sample ?? null } : measurement
    figures.value = { measurement: shown, isStale: isFirst && shown.sample !== null, error: measurement.error }
  }

  function begin(): void {
    clearTimeout(timer)
    const wanted = scope.value
    if (wanted === null || !wanted.isOnline) {
      stop(false)
      figures.value = nothing
      return
    }
    stop(true)
    if (figures.value.measurement !== null) figures.value = { ...figures.value, isStale: true, error: null }
    const fail = (error: unknown) => (figures.value = { ...figures.value, error })
    timer = setTimeout(() => (stop = followMeasurement(wanted, { take, fail, gone: begin })), restMs)
  }

  watch(() => JSON.stringify(scope.value), begin, { immediate: true })
  onScopeDispose(() => {
    clearTimeout(timer)
    stop(false)
  })
  return { figures, again: begin }
}
