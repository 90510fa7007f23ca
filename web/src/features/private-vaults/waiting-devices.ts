import type { Api, ResponseOf, VaultId } from '@holdfast/shared-types'
import { onScopeDispose, shallowRef } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'
import { gather } from '../../platform/browser/gather.ts'
import { listenToTopic } from '../../platform/realtime/live-link.ts'

export type WaitingDevice = ResponseOf<Api['listWaitingDevices']>['items'][number]

const gatherMs = 1000

/** Devices that wait for the keys of a private vault, live. */
export function useWaitingDevices(vaultId: VaultId) {
  const devices = shallowRef<readonly WaitingDevice[]>([])
  const error = shallowRef<unknown>(null)
  const leaving = new AbortController()

  async function load(): Promise<void> {
    try {
      devices.value = (await callHub('listWaitingDevices', { params: { vaultId }, signal: leaving.signal })).items
      error.value = null
    } catch (cause) {
      if (!leaving.signal.aborted) error.value = cause
    }
  }

  // The hub tells of every device that comes and goes.
  const loading = gather(() => void load(), gatherMs)
  const stop = listenToTopic('devices', { onCaughtUp: () => void load(), onEvent: loading.ask })
  void load()
  onScopeDispose(() => {
    leaving.abort()
    loading.stop()
    stop()
  })
  return { devices, error, load }
}
