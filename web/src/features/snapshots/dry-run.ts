import type { Run, RunId, RunState } from '@holdfast/shared-types'
import { computed, onScopeDispose, shallowRef } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'
import { listenToTopic } from '../../platform/realtime/live-link.ts'

const endStates: readonly RunState[] = ['succeeded', 'warning', 'failed', 'cancelled', 'expired']
export const isOverState = (state: RunState): boolean => endStates.includes(state)

/** A run of which only the outcome is waited for. */
export function useOutcome() {
  const run = shallowRef<Run | null>(null)
  const error = shallowRef<unknown>(null)
  let stop: (() => void) | undefined

  /** An end is final: an answer that was under way meanwhile does not bring the run back to life. */
  function take(next: Run): void {
    if (run.value !== null && run.value.id === next.id && isOverState(run.value.state) && !isOverState(next.state)) return
    run.value = next
  }

  const read = async (runId: RunId): Promise<void> => {
    try {
      take(await callHub('getRun', { params: { runId } }))
      error.value = null
    } catch (cause) {
      error.value = cause
    }
  }

  function forget(): void {
    stop?.()
    stop = undefined
    run.value = null
    error.value = null
  }

  function watch(started: Run): void {
    forget()
    take(started)
    stop = listenToTopic(`run:${started.id}`, {
      onCaughtUp: () => void read(started.id),
      onEvent: (event) => {
        if (event.type === 'run.changed') take(event.body)
      },
    })
  }

  onScopeDispose(() => stop?.())
  const isOver = computed(() => run.value !== null && isOverState(run.value.state))
  return { run, error, isOver, watch, forget, retry: () => run.value !== null && read(run.value.id) }
}
