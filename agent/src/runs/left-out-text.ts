import type { BackupRequest, LeftOut } from '@holdfast/shared-types'

type Rules = Pick<BackupRequest, 'exclude' | 'presets' | 'excludeCaches' | 'oneFileSystem'>

/** What a backup left out and by what, as part of a sentence; null where there is nothing to tell. */
export function leftOutText(rules: Rules, leftOut: LeftOut, formatCount: (count: number) => string = String): string | null {
  const { entries, cacheFolders, mountPoints, ownPlaces } = leftOut
  const counted = (count: number, one: string, many: string): string => `${formatCount(count)} ${count === 1 ? one : many}`
  const by = [
    ...(rules.presets ?? []),
    ...(rules.exclude === undefined || rules.exclude.length === 0 ? [] : [counted(rules.exclude.length, 'pattern', 'patterns')]),
    ...(rules.excludeCaches === true ? ['cache tags'] : []),
  ]
  const parts = [
    ...(entries > 0 || by.length > 0
      ? [`${counted(entries, 'entry', 'entries')} by ${by.length === 0 ? 'exclusions' : by.join(', ')}`]
      : []),
    ...(cacheFolders > 0 ? [`among them the contents of ${counted(cacheFolders, 'cache', 'caches')}`] : []),
    ...(mountPoints > 0 || rules.oneFileSystem === true ? [counted(mountPoints, 'other file system', 'other file systems')] : []),
    ...(ownPlaces > 0 ? [`${counted(ownPlaces, 'place', 'places')} of Holdfast itself`] : []),
  ]
  return parts.length === 0 ? null : parts.join('; ')
}
