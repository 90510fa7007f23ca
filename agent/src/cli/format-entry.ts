import type { SnapshotEntry } from '@holdfast/shared-types'
import { escapePath, escapeText } from './escape-name.ts'
import { formatTime } from './format-figures.ts'
import { padEnd, padStart } from './text-width.ts'

const typeLetters: Readonly<Record<SnapshotEntry['type'], string>> = {
  file: '-',
  folder: 'd',
  symlink: 'l',
  fifo: 'p',
  socket: 's',
  'char-device': 'c',
  'block-device': 'b',
  error: '?',
}

/** The ten letters of `ls -l`, setuid, setgid and sticky included. */
export function modeLetters({ type, mode }: Pick<SnapshotEntry, 'type' | 'mode'>): string {
  const triple = (shift: number, special: number, letters: readonly [set: string, bare: string]): string => {
    const bits = mode >> shift
    const execute = (bits & 1) !== 0
    const last = (mode & special) !== 0 ? (execute ? letters[0] : letters[1]) : execute ? 'x' : '-'
    return `${bits & 4 ? 'r' : '-'}${bits & 2 ? 'w' : '-'}${last}`
  }
  return typeLetters[type] + triple(6, 0o4000, ['s', 'S']) + triple(3, 0o2000, ['s', 'S']) + triple(0, 0o1000, ['t', 'T'])
}

/** Lines like those of `ls -l`: mode, owner, group, size, time, name. */
export function formatEntries(entries: readonly SnapshotEntry[]): string[] {
  const rows = entries.map((entry) => ({
    mode: modeLetters(entry),
    user: escapeText(entry.user ?? String(entry.uid)),
    group: escapeText(entry.group ?? String(entry.gid)),
    size: entry.type === 'file' ? String(entry.size) : entry.subtree === null ? '-' : String(entry.subtree.bytes),
    time: entry.type === 'error' ? '(could not be read)' : formatTime(Number(BigInt(entry.mtimeNs) / 1_000_000n)),
    name: nameOf(entry),
  }))
  const widest = (column: 'user' | 'group' | 'size'): number => Math.max(0, ...rows.map((row) => row[column].length))
  const widths = { user: widest('user'), group: widest('group'), size: widest('size') }
  return rows.map(
    (row) =>
      `${row.mode} ${padEnd(row.user, widths.user)} ${padEnd(row.group, widths.group)} ${padStart(row.size, widths.size)} ${padEnd(row.time, 19)} ${row.name}`,
  )
}

function nameOf(entry: SnapshotEntry): string {
  const path = escapePath(entry)
  const name = path.slice(path.lastIndexOf('/') + 1) || '/'
  const deleted = entry.deletedAtMs === null ? '' : `  (deleted, first missed ${formatTime(entry.deletedAtMs)})`
  if (entry.type === 'folder') return name === '/' ? name : `${name}/${deleted}`
  return `${name}${entry.symlinkTarget === null ? '' : ` -> ${escapeText(entry.symlinkTarget)}`}${deleted}`
}
