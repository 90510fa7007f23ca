import { defineAsyncComponent } from 'vue'

/** Paths that leave all snapshots of a vault: asked for, and followed until they are gone. */
export { default as PurgeSection } from './PurgeSection.vue'
// Opened by few visits.
export const PurgeDialog = defineAsyncComponent(() => import('./PurgeDialog.vue'))
