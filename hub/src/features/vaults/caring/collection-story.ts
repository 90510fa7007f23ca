import type { CareState, CareStory, VaultCollection, VaultCollectionState } from '@holdfast/shared-types'
import { nothingCounted } from './care-task.ts'

const states: Readonly<Record<VaultCollectionState, CareState>> = {
  marking: 'running',
  waiting: 'running',
  removing: 'running',
  compacting: 'running',
  'approval-needed': 'failed',
  done: 'done',
  failed: 'failed',
  interrupted: 'interrupted',
}

/** A collection as one line among the others. */
export function collectionStory(collection: VaultCollection | null): CareStory | null {
  if (collection === null) return null
  const { state, startedBy, startedAtMs, endedAtMs, packsRemoved, bytesRemoved, snapshotsRemoved, percentFound, error } = collection
  return {
    kind: 'collection',
    state: states[state],
    startedBy,
    startedAtMs,
    endedAtMs,
    counts: { ...nothingCounted, packs: packsRemoved, bytes: bytesRemoved, snapshots: snapshotsRemoved },
    error: state === 'approval-needed' ? approvalNeeded(percentFound) : error,
  }
}

const approvalNeeded = (percent: number): NonNullable<CareStory['error']> => ({
  code: 'vault.collection-large',
  message: `It would remove ${percent} % of the vault, more than it may by itself. Nothing was removed.`,
  cure: 'Look which snapshots were deleted. If that is right, start the collection by hand and say so.',
})
