/** A device's snapshots, for its page; and snapshots as a list, for whoever chooses among them. */
export { default as SnapshotSection } from './SnapshotSection.vue'
export { default as SnapshotTable } from './SnapshotTable.vue'
export { useSnapshotList } from './snapshot-list.ts'
