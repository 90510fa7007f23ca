import type { Device, VaultId } from '@holdfast/shared-types'
import { computed, shallowRef, type Ref } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'

/**
 * Whether a plan of this device can limit the versions of files: not where the device's vault is private, as the hub can write no snapshot of it
 * anew. True until that is known; the hub has the last word when the plan is saved.
 */
export function useVersionLimits(host: Readonly<Ref<Device | null>>): Readonly<Ref<boolean>> {
  const privateVaults = shallowRef<ReadonlySet<VaultId>>(new Set())
  callHub('listVaults').then(
    ({ items }) => (privateVaults.value = new Set(items.filter(({ kind }) => kind === 'private').map(({ id }) => id))),
    // Without the list the form is as for most devices.
    () => undefined,
  )
  return computed(() => host.value === null || !privateVaults.value.has(host.value.vaultId))
}
