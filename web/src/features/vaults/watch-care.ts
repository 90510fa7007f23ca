import type { CareKind, VaultCare, VaultId } from '@holdfast/shared-types'
import { onScopeDispose, shallowRef } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'
import { isCaring } from './care-looks.ts'

const caringEveryMs = 1500
const otherwiseEveryMs = 60_000

/** How a vault is looked after: asked again now and then, and often while something is done. */
export function useWatchedCare(vaultId: VaultId) {
  const care = shallowRef<VaultCare | null>(null)
  const error = shallowRef<unknown>(null)
  const starting = shallowRef<CareKind | null>(null)
  const leaving = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined

  function take(answer: VaultCare): void {
    care.value = answer
    error.value = null
    clearTimeout(timer)
    if (!leaving.signal.aborted) timer = setTimeout(() => void load(), isCaring(answer) ? caringEveryMs : otherwiseEveryMs)
  }

  async function load(): Promise<void> {
    try {
      take(await callHub('getVaultCare', { params: { vaultId }, signal: leaving.signal }))
    } catch (cause) {
      if (!leaving.signal.aborted) error.value = cause
    }
  }

  async function start(kind: CareKind): Promise<void> {
    starting.value = kind
    try {
      take(await callHub('startCare', { params: { vaultId, kind }, body: {} }))
    } catch (cause) {
      error.value = cause
    } finally {
      starting.value = null
    }
  }

  void load()
  onScopeDispose(() => {
    leaving.abort()
    clearTimeout(timer)
  })
  return { care, error, starting, load, start }
}
