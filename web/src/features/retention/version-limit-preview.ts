import type { VersionLimitEffect } from '@holdfast/shared-types'
import { onScopeDispose, ref, shallowRef, watch } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'
import { keyOfTried, type TriedRules } from './retention-preview.ts'

export type VersionLimitPreview = VersionLimitEffect & { readonly needsWord: boolean }

/** What a limit of versions would take out. Only when somebody asks: it reads the lists of all folders. What was found of other rules is let go of. */
export function useVersionLimitPreview(tried: () => TriedRules | null) {
  const preview = shallowRef<VersionLimitPreview | null>(null)
  const error = shallowRef<unknown>(null)
  const isLooking = ref(false)
  let leaving: AbortController | null = null

  function forget(): void {
    leaving?.abort()
    leaving = null
    preview.value = null
    error.value = null
    isLooking.value = false
  }
  async function look(): Promise<void> {
    forget()
    const body = tried()
    if (body === null) return
    const turn = (leaving = new AbortController())
    isLooking.value = true
    try {
      const answer = await callHub('previewVersionLimit', { body, signal: turn.signal })
      if (!turn.signal.aborted) preview.value = answer
    } catch (cause) {
      if (!turn.signal.aborted) error.value = cause
    } finally {
      if (!turn.signal.aborted) isLooking.value = false
    }
  }

  watch(() => keyOfTried(tried()), forget)
  onScopeDispose(forget)
  return { preview, error, isLooking, look }
}
