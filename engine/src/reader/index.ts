/** The reading side of a vault: runs on Node and in browsers, with the runtime's primitives passed in. */
export { SegmentOpener, type OpenedSegmentBytes } from './open-segment.ts'
export { openSnapshotBody, verifyHubHeader, verifySnapshotSignature } from './open-snapshot.ts'
export type { DomainKeys, MaybePromise, Primitives } from './primitives.ts'
export { TreeReader, type FetchBlob } from './tree-reader.ts'
