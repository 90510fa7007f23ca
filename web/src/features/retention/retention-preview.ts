import type { AgentId, PlanId, Retention, RetentionPreview } from '@holdfast/shared-types'
import { onScopeDispose, ref, shallowRef, watch } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'
import { textOfRules } from './retention-rules.ts'

/** What rules are tried on; null where there is nothing to try. */
export interface TriedRules {
  readonly agentId: AgentId
  /** Null: a plan that is not made yet. */
  readonly planId: PlanId | null
  readonly planName: string
  readonly retention: Retention | null
}

/** Of the same trial the same text. */
export const keyOfTried = (tried: TriedRules | null): string | null =>
  tried === null ? null : JSON.stringify([tried.agentId, tried.planId, tried.planName, textOfRules(tried.retention)])

// Numbers are typed letter by letter.
const restMs = 400

/** What rules would keep and let go, asked for anew whenever they rest. */
export function useRetentionPreview(tried: () => TriedRules | null) {
  const preview = shallowRef<RetentionPreview | null>(null)
  const error = shallowRef<unknown>(null)
  const isStale = ref(false)
  let leaving: AbortController | null = null
  let timer: ReturnType<typeof setTimeout> | undefined

  async function read(body: TriedRules): Promise<void> {
    leaving?.abort()
    const turn = (leaving = new AbortController())
    try {
      const answer = await callHub('previewRetention', { body, signal: turn.signal })
      if (turn.signal.aborted) return
      preview.value = answer
      error.value = null
      isStale.value = false
    } catch (cause) {
      if (turn.signal.aborted) return
      error.value = cause
      isStale.value = false
    }
  }
  function ask(): void {
    const body = tried()
    clearTimeout(timer)
    leaving?.abort()
    isStale.value = body !== null
    if (body === null) preview.value = null
    else timer = setTimeout(() => void read(body), restMs)
  }

  watch(() => keyOfTried(tried()), ask, { immediate: true })
  onScopeDispose(() => {
    clearTimeout(timer)
    leaving?.abort()
  })
  return { preview, error, isStale, again: ask }
}
