/** A device's snapshots, for its page. */
export { default as SnapshotSection } from './SnapshotSection.vue'
