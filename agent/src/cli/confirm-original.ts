import { AppError, type ConflictMode, type Snapshot } from '@holdfast/shared-types'
import { escapePath, escapeText } from './escape-name.ts'
import { formatCounted, formatTime } from './format-figures.ts'
import type { Terminal } from './terminal.ts'

const shownPaths = 5

const consequences: Readonly<Record<ConflictMode, string>> = {
  skip: 'What is there stays as it is, folders included. Only what is missing is written.',
  'overwrite-different':
    'Files and symlinks there that differ from the snapshot are replaced: what they hold now is lost. Folders get the owner, permissions and time of the snapshot.',
  overwrite:
    'Whatever stands there in place of a file, symlink or device of the snapshot is replaced: what it holds now is lost. Folders get the owner, permissions and time of the snapshot.',
  rename:
    'Files there that differ from the snapshot are kept beside it, as “name (before restore DATE)”. Folders get the owner, permissions and time of the snapshot.',
}

export interface OriginalRestore {
  readonly snapshot: Snapshot
  /** Empty = everything. */
  readonly paths: Snapshot['roots']
  readonly include: readonly string[]
  readonly conflict: ConflictMode
}

/** @throws AppError `command.invalid` where nobody can be asked. */
export function requireSomebodyToAsk(terminal: Terminal): void {
  if (terminal.ask !== null) return
  throw new AppError('command.invalid', {
    message: 'This would write to the original place, and nobody is there to be asked.',
    cure: 'Add --yes if that is meant, --dry-run to see what it would do, or name another place with --target FOLDER.',
  })
}

/**
 * Asks before files are replaced where people work with them.
 * @throws AppError `command.invalid` where nobody can be asked, `run.cancelled` when the answer is not yes.
 */
export async function confirmOriginal(terminal: Terminal, restore: OriginalRestore): Promise<void> {
  requireSomebodyToAsk(terminal)
  const answer = await terminal.ask?.(`${questionOf(restore)}\nGo on? [y/N] `)
  if (/^\s*y(?:es)?\s*$/i.test(answer ?? '')) return
  throw new AppError('run.cancelled', { message: 'Nothing was restored.', cure: 'Restore elsewhere with --target FOLDER, or answer y.' })
}

function questionOf({ snapshot, paths, include, conflict }: OriginalRestore): string {
  const shown = (paths.length > 0 ? paths : snapshot.roots).slice(0, shownPaths)
  const rest = (paths.length > 0 ? paths : snapshot.roots).length - shown.length
  return [
    `Restoring to the original place, from the snapshot of ${formatTime(snapshot.createdAtMs)} of ${escapeText(snapshot.deviceName)}:`,
    ...shown.map((path) => `  ${escapePath(path)}`),
    ...(rest > 0 ? [`  … and ${formatCounted(rest, 'more path')}`] : []),
    ...(include.length === 0 ? [] : [`Of that only what matches ${include.map(escapeText).join('  ')}`]),
    consequences[conflict],
    'What the snapshot does not hold stays. --dry-run shows what would be done, and writes nothing.',
  ].join('\n')
}
