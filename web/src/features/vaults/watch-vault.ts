import type { VaultDetails, VaultId, VaultUsage } from '@holdfast/shared-types'
import { onScopeDispose, shallowRef } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'
import { listenToTopic } from '../../platform/realtime/live-link.ts'
import { isTidying } from './tidying.ts'

const checkingEveryMs = 1000
const countingEveryMs = 2000
/** The hub counts anew some seconds after the last time: sooner the answer would be the old one. */
const afterBackupMs = 16_000

/** A vault with its figures: current after every backup, and while a check, a collection or the counting goes on. */
export function useWatchedVault(vaultId: VaultId) {
  const vault = shallowRef<VaultDetails | null>(null)
  const usage = shallowRef<VaultUsage | null>(null)
  const error = shallowRef<unknown>(null)
  const usageError = shallowRef<unknown>(null)
  const leaving = new AbortController()
  const again = useDelayed(leaving.signal)
  const input = { params: { vaultId }, signal: leaving.signal }

  function take(answer: VaultDetails): void {
    vault.value = answer
    error.value = null
    if (answer.lastCheck?.state === 'running' || isTidying(answer.collection)) again(loadVault, checkingEveryMs)
  }

  async function loadVault(): Promise<void> {
    try {
      take(await callHub('getVault', input))
    } catch (cause) {
      if (!leaving.signal.aborted) error.value = cause
    }
  }

  async function loadUsage(): Promise<void> {
    try {
      const answer = await callHub('getVaultUsage', input)
      usage.value = answer
      usageError.value = null
      if (answer.distinctState === 'counting') again(loadUsage, countingEveryMs)
    } catch (cause) {
      if (!leaving.signal.aborted) usageError.value = cause
    }
  }

  const load = async (): Promise<void> => void (await Promise.all([loadVault(), loadUsage()]))

  const stop = listenToTopic('runs', {
    onCaughtUp: () => void load(),
    onEvent(event) {
      if (event.type !== 'run.changed' || event.body.kind !== 'backup' || event.body.finishedAtMs === null) return
      again(loadVault, checkingEveryMs)
      again(loadUsage, afterBackupMs)
    },
  })
  const stopSnapshots = listenToTopic('snapshots', {
    onCaughtUp: () => undefined,
    onEvent: (event) => event.type === 'snapshots.changed' && again(loadVault, checkingEveryMs),
  })
  void load()

  onScopeDispose(() => {
    leaving.abort()
    stop()
    stopSnapshots()
  })
  return { vault, usage, error, usageError, load, loadVault, loadUsage, take }
}

/**
 * Work to be done after a while; asked for anew meanwhile, it is done at the sooner of both times: put off by every backup it would never be
 * done on a busy hub. Nothing is done any more once `leaving` is aborted.
 */
function useDelayed(leaving: AbortSignal) {
  const waiting = new Map<() => Promise<void>, { readonly atMs: number; readonly timer: ReturnType<typeof setTimeout> }>()
  leaving.addEventListener('abort', () => {
    for (const { timer } of waiting.values()) clearTimeout(timer)
  })
  return (work: () => Promise<void>, waitMs: number): void => {
    const atMs = performance.now() + waitMs
    const known = waiting.get(work)
    if (leaving.aborted || (known !== undefined && known.atMs <= atMs)) return
    clearTimeout(known?.timer)
    const timer = setTimeout(() => {
      waiting.delete(work)
      void work()
    }, waitMs)
    waiting.set(work, { atMs, timer })
  }
}
