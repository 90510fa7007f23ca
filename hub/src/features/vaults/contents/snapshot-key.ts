import { SnapshotId } from '@holdfast/shared-types'

/** The id that a snapshot's key ends with. @throws ZodError for a key that no snapshot has */
export const snapshotIdOfKey = (key: string): SnapshotId => SnapshotId.parse(key.slice(key.lastIndexOf('-') + 1))
