import type { Purge, PurgePreview, PurgeState, SnapshotId } from '@holdfast/shared-types'

/** What no word helps against. */
export type PurgeObstacle =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'held' | 'unreadable'; readonly snapshotIds: readonly SnapshotId[] }

/** What cannot be read comes first: it may have what else is said of. */
export function obstacleOf(preview: PurgePreview, keepsUndo: boolean): PurgeObstacle | null {
  for (const kind of ['unreadable', 'held'] as const) if (preview[kind].length > 0) return { kind, snapshotIds: preview[kind] }
  const affected = preview.snapshotsAffected + (keepsUndo ? 0 : preview.deletedAffected)
  return affected === 0 ? { kind: 'nothing' } : null
}

/** Whatever its case: nobody is to fail at a capital letter that a phone puts there. */
export const isWordTyped = (typed: string, word: string): boolean => typed.trim().toLocaleLowerCase() === word.toLocaleLowerCase()

export const isUnderWay = ({ state }: Pick<Purge, 'state'>): boolean => state === 'rewriting' || state === 'collecting'

interface PurgeLooks {
  readonly icon: string
  readonly colour: string
}

export const purgeLooks: Readonly<Record<PurgeState, PurgeLooks>> = {
  rewriting: { icon: 'i-lucide-loader', colour: 'text-primary' },
  collecting: { icon: 'i-lucide-hourglass', colour: 'text-primary' },
  done: { icon: 'i-lucide-circle-check', colour: 'text-success' },
  failed: { icon: 'i-lucide-circle-alert', colour: 'text-error' },
}

/** How far snapshots were looked through, 0–1; null while that is not known. */
export const rewrittenShare = ({ progress }: Pick<Purge, 'progress'>): number | null =>
  progress === null || progress.total === 0 ? null : progress.done / progress.total

export type PurgeWait =
  | { readonly kind: 'undo'; readonly untilMs: number }
  | { readonly kind: 'snapshots' | 'pieces'; readonly count: number }
  | { readonly kind: 'proof' }

/** What content waits for that no kept snapshot names any more, the longest first. */
export function waitsOf({ state, waitingFor }: Pick<Purge, 'state' | 'waitingFor'>, nowMs: number): PurgeWait[] {
  if (state !== 'collecting') return []
  if (waitingFor === null) return [{ kind: 'proof' }]
  const { snapshots, undoUntilMs, segments } = waitingFor
  const waits: PurgeWait[] = [
    ...(undoUntilMs !== null && undoUntilMs > nowMs ? [{ kind: 'undo' as const, untilMs: undoUntilMs }] : []),
    ...(snapshots > 0 ? [{ kind: 'snapshots' as const, count: snapshots }] : []),
    ...(segments > 0 ? [{ kind: 'pieces' as const, count: segments }] : []),
  ]
  return waits.length === 0 ? [{ kind: 'proof' }] : waits
}
