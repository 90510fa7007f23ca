import type { BackupResult, RestoreResult, RunOutcome, RunWarning, VerifyResult } from '@holdfast/shared-types'
import { leftOutText } from '../runs/left-out-text.ts'
import { escapePath, escapeText } from './escape-name.ts'
import { formatBytes, formatCount, formatCounted, formatDuration } from './format-figures.ts'
import type { Paint } from './paint.ts'
import type { ShownRun } from './shown-run.ts'

const shownWarnings = 20
const verbs = { backup: 'Backup', restore: 'Restore', verify: 'Verification' } as const
const outcomeWords: Readonly<Record<RunOutcome, string>> = {
  succeeded: 'succeeded',
  warning: 'finished with warnings',
  failed: 'failed',
  cancelled: 'was cancelled',
  expired: 'expired',
}

const verbOf = ({ kind, request }: ShownRun): string =>
  request.kind === 'restore' && request.dryRun === true ? 'Dry run of a restore' : verbs[kind]

export const durationMsOf = (run: ShownRun): number => (run.finishedAtMs ?? run.createdAtMs) - (run.startedAtMs ?? run.createdAtMs)

/** What a tired administrator needs to know of a run that has ended, most important first. */
export function runSummary(run: ShownRun, outcome: RunOutcome, paint: Paint): string[] {
  const colour = outcome === 'succeeded' ? paint.good : outcome === 'failed' || outcome === 'expired' ? paint.bad : paint.warn
  const lines = [
    ...planLines(run),
    ...warningLines(run, paint),
    paint.strong(colour(`${verbOf(run)} ${outcomeWords[outcome]} after ${formatDuration(durationMsOf(run))}`)),
  ]
  if (run.error !== null)
    lines.push(`  ${escapeText(run.error.message)} (${escapeText(run.error.code)})`, `  ${escapeText(run.error.cure)}`)
  return [...lines, ...resultRows(run).map(([name, value]) => `  ${name.padEnd(10)}${value}`)]
}

function resultRows(run: ShownRun): readonly (readonly [string, string])[] {
  if (run.result === null) return run.id === null ? [] : [['Run', run.id]]
  switch (run.result.kind) {
    case 'backup':
      return [...backupRows(run.result, durationMsOf(run)), ...leftOutRow(run, run.result), ...deletedRow(run.result)]
    case 'restore':
      return restoreRows(run.result, durationMsOf(run))
    case 'verify':
      return verifyRows(run.result, durationMsOf(run))
  }
}

const backupRows = (result: BackupResult, durationMs: number): readonly (readonly [string, string])[] => [
  [
    'Files',
    `${formatCount(result.files)} in ${formatCounted(result.folders, 'folder')}: ${formatCount(result.filesNew)} new, ${formatCount(result.filesChanged)} changed, ${formatCount(result.filesUnchanged)} unchanged`,
  ],
  ['Size', formatBytes(result.bytes)],
  ['Read', `${formatBytes(result.bytesRead)} of ${formatCounted(result.filesRead, 'file')}`],
  ['Stored', `${formatBytes(result.bytesStored)} added to the vault`],
  ...rateRow(result.bytesRead, durationMs),
  ['Kind', result.backupKind],
  ['Snapshot', result.snapshotId ?? 'none was made'],
]

function leftOutRow({ request }: ShownRun, { leftOut }: BackupResult): readonly (readonly [string, string])[] {
  if (leftOut === undefined || request.kind !== 'backup') return []
  const text = leftOutText(request, leftOut, formatCount)
  return text === null ? [] : [['Left out', escapeText(text)]]
}

function deletedRow({ deleted }: BackupResult): readonly (readonly [string, string])[] {
  if (deleted === undefined) return []
  const { files, folders, bytes, filesNewlyDeleted, replaced, lost } = deleted
  const parts = [
    `${formatCounted(files, 'file')} (${formatBytes(bytes)}) and ${formatCounted(folders, 'folder')} kept`,
    ...(filesNewlyDeleted === 0 ? [] : [`${formatCounted(filesNewlyDeleted, 'file')} deleted since the last backup`]),
    ...(replaced === 0 ? [] : [`${formatCount(replaced)} not kept, for something else has the name now`]),
    ...(lost === 0 ? [] : [`${formatCount(lost)} could not be kept`]),
  ]
  return [row('Deleted', parts.join(', '))]
}

function restoreRows(result: RestoreResult, durationMs: number): readonly (readonly [string, string])[] {
  const isDry = result.dryRun === true
  const { entriesReplaced = 0, entriesRenamed = 0, bytesFree = null } = result
  return [
    ['Files', filesRestored(result)],
    ['Size', `${formatBytes(result.bytesWritten)}${isDry && bytesFree !== null ? `; the target has ${formatBytes(bytesFree)} left` : ''}`],
    ...(entriesReplaced === 0 ? [] : [row('Replaced', `${formatCount(entriesReplaced)} that stood there`)]),
    ...(entriesRenamed === 0 ? [] : [row('Kept', `${formatCount(entriesRenamed)} that stood there, under another name`)]),
    ...(isDry ? [] : rateRow(result.bytesWritten, durationMs)),
    ['Snapshot', result.snapshotId],
  ]
}

const row = (name: string, value: string): readonly [string, string] => [name, value]

function filesRestored({ filesRequested, filesWritten, filesUnchanged = 0, filesSkipped, dryRun }: RestoreResult): string {
  const written = filesWritten - filesUnchanged
  return [
    `${formatCount(written)} ${dryRun === true ? 'would be written' : 'written'} of ${formatCount(filesRequested)} asked for`,
    ...(filesUnchanged === 0 ? [] : [`${formatCount(filesUnchanged)} there already`]),
    ...(filesSkipped === 0 ? [] : [`${formatCount(filesSkipped)} skipped`]),
  ].join(', ')
}

const plannedWords = {
  create: 'write',
  unchanged: 'leave',
  skip: 'skip',
  overwrite: 'replace',
  rename: 'write, and keep under another name what is there:',
} as const

/** What a dry run found, one line an entry; a tree of new folders is its folders. */
function planLines(run: ShownRun): string[] {
  if (run.result?.kind !== 'restore' || run.result.plan === undefined) return []
  return run.result.plan.map((entry) => `would ${plannedWords[entry.action]} ${escapePath(entry)}`)
}

const verifyRows = (result: VerifyResult, durationMs: number): readonly (readonly [string, string])[] => [
  ['Problems', formatCount(result.problems)],
  ['Files', formatCount(result.files)],
  ['Pieces', `${formatCount(result.blobsChecked)} read and checked`],
  ['Size', formatBytes(result.bytes)],
  ...rateRow(result.bytes, durationMs),
  ['Snapshot', result.snapshotId],
]

const rateRow = (bytes: number, durationMs: number): readonly (readonly [string, string])[] =>
  durationMs < 100 || bytes === 0 ? [] : [['Rate', `${formatBytes((bytes * 1000) / durationMs)}/s`]]

function warningLines(run: ShownRun, paint: Paint): string[] {
  if (run.warningCount === 0) return []
  const lines = run.warnings.slice(0, shownWarnings).map((warning) => `  ${warningLine(warning)}`)
  const rest = run.warningCount - lines.length
  const shownBy = run.id === null ? '--json tells' : 'the console shows'
  if (rest > 0) lines.push(`  … and ${formatCount(rest)} more; ${shownBy} the first ${formatCount(run.warnings.length)}.`)
  return [paint.warn(`${formatCounted(run.warningCount, 'warning')}:`), ...lines]
}

export const warningLine = (warning: RunWarning): string =>
  `${warning.path === '' ? '' : `${escapePath(warning)}: `}${escapeText(warning.message)} (${warning.code})`
