import type { DeletionPreview, Snapshot, SnapshotId } from '@holdfast/shared-types'

type Concern = DeletionPreview['concerns'][number]['kind']

const idsOf = ({ concerns }: DeletionPreview, kind: Concern): readonly SnapshotId[] =>
  concerns.find((concern) => concern.kind === kind)?.snapshotIds ?? []

export interface Hindrance {
  readonly kind: 'held' | 'in-use'
  readonly count: number
}

/** What no second word helps against. */
export function hindersDeletion(preview: DeletionPreview): Hindrance | null {
  for (const kind of ['held', 'in-use'] as const) {
    const ids = idsOf(preview, kind)
    if (ids.length > 0) return { kind, count: ids.length }
  }
  return null
}

/** What has to be said besides. */
export interface SecondWords {
  /** Some are less than a week old. */
  readonly isYoung: boolean
  /** Name of a device that would have no whole snapshot left. */
  readonly lastOf: string | null
}

export function secondWordsOf(preview: DeletionPreview | null, snapshots: readonly Snapshot[]): SecondWords {
  if (preview === null) return { isYoung: false, lastOf: null }
  const last = idsOf(preview, 'last-of-device')
  return {
    isYoung: idsOf(preview, 'recent').length > 0,
    lastOf: snapshots.find(({ id }) => last.includes(id))?.deviceName ?? null,
  }
}

export const isSecondWordGiven = (
  { isYoung, lastOf }: SecondWords,
  { isYoungAccepted, typedName }: { readonly isYoungAccepted: boolean; readonly typedName: string },
): boolean => (!isYoung || isYoungAccepted) && (lastOf === null || typedName.trim() === lastOf)
