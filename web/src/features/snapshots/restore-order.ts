import type { ConflictMode, RestoreRequest, Snapshot } from '@holdfast/shared-types'
import { wirePathOf, type SnapshotPath } from './snapshot-path.ts'

/** The hub's own limit of one order (`RestoreRequest.paths`). */
export const mostPaths = 10_000

export const conflictModes = ['overwrite-different', 'rename', 'skip', 'overwrite'] as const satisfies readonly ConflictMode[]

/** What the dialog asks. */
export interface RestoreForm {
  readonly place: 'original' | 'folder'
  readonly target: string
  readonly flat: boolean
  readonly conflict: ConflictMode
  /** One pattern a line. */
  readonly include: string
  /** Also what the snapshot keeps of deleted files, beyond what is chosen itself. */
  readonly withDeleted: boolean
}

export const emptyForm: RestoreForm = {
  place: 'folder',
  target: '',
  flat: false,
  conflict: 'overwrite-different',
  include: '',
  withDeleted: false,
}

export const isAbsoluteFolder = (path: string): boolean => path.startsWith('/') || isWindowsFolder(path)

/** Only the contents of one root can be put straight into a target (`RestoreRequest.flat`). */
export const canBeFlat = (snapshot: Pick<Snapshot, 'roots'>, paths: readonly SnapshotPath[]): boolean =>
  paths.length === 0 && snapshot.roots.length === 1

export const patternsOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')

const isWindowsFolder = (path: string): boolean => /^[A-Za-z]:[\\/]/.test(path) || path.startsWith('\\\\')

/** Where an entry comes to lie, as its device would write it: the target and, unless flat, its absolute source path below it. */
export function restoredPlace(target: string, source: string, isFlat: boolean): string {
  const folder = target.replace(/[/\\]+$/, '')
  // A drive letter cannot be a folder's name on Windows: its colon is left out.
  const below = isFlat ? '' : source.replace(/^\/+/, '').replace(/^([A-Za-z]):/, '$1')
  if (isWindowsFolder(target)) return `${folder}\\${below}`.replaceAll('/', '\\').replace(/([^:])\\$/, '$1')
  return below === '' && folder !== '' ? folder : `${folder}/${below}`
}

/** The first places that something will come to lie in; empty while the target is no absolute path. @param most more are not told */
export function restoredPlaces(
  snapshot: Pick<Snapshot, 'roots'>,
  paths: readonly SnapshotPath[],
  form: RestoreForm,
  most = 3,
): readonly string[] {
  const sources = (paths.length === 0 ? snapshot.roots.map(({ path }) => path) : paths.map(({ text }) => text)).slice(0, most)
  if (form.place === 'original') return sources
  const target = form.target.trim()
  if (!isAbsoluteFolder(target)) return []
  const isFlat = form.flat && canBeFlat(snapshot, paths)
  return sources.map((source) => restoredPlace(target, source, isFlat))
}

/** What can be wrong before the hub is asked. */
export type RestoreMistake = 'target' | 'too-many'

export function mistakeOf(paths: readonly SnapshotPath[], form: RestoreForm): RestoreMistake | null {
  if (paths.length > mostPaths) return 'too-many'
  return form.place === 'original' || isAbsoluteFolder(form.target.trim()) ? null : 'target'
}

/** The order itself: the same for a look and for the real thing. */
export function restoreOrder(snapshot: Snapshot, paths: readonly SnapshotPath[], form: RestoreForm, dryRun: boolean): RestoreRequest {
  const include = patternsOf(form.include)
  const isOriginal = form.place === 'original'
  return {
    kind: 'restore',
    snapshotId: snapshot.id,
    target: isOriginal ? null : { path: form.target.trim() },
    flat: !isOriginal && form.flat && canBeFlat(snapshot, paths),
    conflict: form.conflict,
    dryRun,
    paths: paths.map(wirePathOf),
    ...(include.length === 0 ? {} : { include }),
    ...(form.withDeleted ? { withDeleted: true } : {}),
  }
}

/** Whether files that stand there may be lost: what a person is warned of. */
export const mayReplace = ({ place, conflict }: RestoreForm): boolean =>
  place === 'original' && (conflict === 'overwrite' || conflict === 'overwrite-different')
