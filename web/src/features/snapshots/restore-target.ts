import type { Snapshot } from '@holdfast/shared-types'
import type { SnapshotPath } from './snapshot-path.ts'

export const isAbsoluteFolder = (path: string): boolean => path.startsWith('/') || /^[A-Za-z]:[\\/]/.test(path) || path.startsWith('\\\\')

/** Only the contents of one root can be put straight into a target (`RestoreRequest.flat`). */
export const canBeFlat = (snapshot: Pick<Snapshot, 'roots'>, path: SnapshotPath): boolean => path.text === '' && snapshot.roots.length === 1

/** Where an entry comes to lie: the target and, unless flat, its absolute source path below it. */
export function restoredPlace(target: string, source: string, isFlat: boolean): string {
  const folder = target.replace(/[/\\]+$/, '')
  if (isFlat || source === '' || source === '/') return folder === '' ? '/' : folder
  // A drive letter cannot be a folder's name on Windows: its colon is left out.
  return `${folder}/${source.replace(/^\/+/, '').replace(/^([A-Za-z]):/, '$1')}`
}
