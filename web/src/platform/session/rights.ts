import type { User } from '@holdfast/shared-types'
import { computed, shallowRef, type ComputedRef } from 'vue'

type Role = User['role']

const role = shallowRef<Role | null>(null)

/** Named by whoever knows who is signed in; null: nobody is. */
export const learnRole = (known: Role | null): void => void (role.value = known)

export interface Rights {
  /** Plans, runs, and a look at the disks of devices. */
  readonly mayOperate: ComputedRef<boolean>
  /** Devices, people and the hub itself. */
  readonly mayAdminister: ComputedRef<boolean>
}

/** What the person may do, for what is offered to them; the hub decides at every call, by the same roles. */
export const useRights = (): Rights => ({
  mayOperate: computed(() => role.value === 'operator' || role.value === 'admin'),
  mayAdminister: computed(() => role.value === 'admin'),
})
