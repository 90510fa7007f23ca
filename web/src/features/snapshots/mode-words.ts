import type { SnapshotEntry } from '@holdfast/shared-types'
import type { MessageKey } from '../../platform/i18n/text.ts'

type Who = 'user' | 'group' | 'others'

/** What one of the three may do with an entry, as keys of texts; none of them: nothing. */
export interface ModeWords {
  readonly who: Who
  readonly may: readonly MessageKey[]
}

const shifts = { user: 6, group: 3, others: 0 } as const

/** `rwxr-x---` in words. Of a folder, the same bits mean other things. */
export function modeWords({ type, mode }: Pick<SnapshotEntry, 'type' | 'mode'>): readonly ModeWords[] {
  const of = type === 'folder' ? 'folder' : 'file'
  return (['user', 'group', 'others'] as const).map((who) => {
    const bits = mode >> shifts[who]
    return {
      who,
      may: [
        ...((bits & 4) === 0 ? [] : [`snapshots.mode.${of}.read` as const]),
        ...((bits & 2) === 0 ? [] : [`snapshots.mode.${of}.write` as const]),
        ...((bits & 1) === 0 ? [] : [`snapshots.mode.${of}.execute` as const]),
      ],
    }
  })
}

/** What lies above the nine bits. */
export const specialWords = ({ mode }: Pick<SnapshotEntry, 'mode'>): readonly MessageKey[] => [
  ...((mode & 0o4000) === 0 ? [] : ['snapshots.mode.setuid' as const]),
  ...((mode & 0o2000) === 0 ? [] : ['snapshots.mode.setgid' as const]),
  ...((mode & 0o1000) === 0 ? [] : ['snapshots.mode.sticky' as const]),
]
