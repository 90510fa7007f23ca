import { defineAsyncComponent } from 'vue'

/** What the overview says of devices. */
export { concernOf, expectedWithinMs, isInUse, type DeviceConcern } from './device-concerns.ts'
export { isUnproved } from './proof-age.ts'
export { useDevicesStore } from './devices.store.ts'
export { dayMs, useStatistics } from './statistics.ts'
// Opened by few visits.
export const AddDeviceDialog = defineAsyncComponent(() => import('./AddDeviceDialog.vue'))
