export { fsck, type FsckOptions } from './fsck.ts'
export type { FsckCounts, FsckProblem, FsckReport } from './fsck-report.ts'
