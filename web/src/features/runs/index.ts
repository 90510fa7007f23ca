/** A device's last runs, and what is running on which device. */
export { useRunList } from './run-list.ts'
export { doneRatio } from './done-ratio.ts'
export { default as RunState } from './RunState.vue'
export { default as RunTable } from './RunTable.vue'
export { default as StartBackupDialog } from './StartBackupDialog.vue'
