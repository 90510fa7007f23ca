export { createSnapshots, type Snapshots } from './create-snapshots.ts'
export type { DeviceNames, SnapshotsDeps } from './snapshots.deps.ts'
