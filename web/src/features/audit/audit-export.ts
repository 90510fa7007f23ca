import type { AuditEntry } from '@holdfast/shared-types'
import { callHub } from '../../platform/api/call-hub.ts'
import { filterCall, type AuditFilter } from './audit-filter.ts'

export const exportFormats = ['csv', 'json'] as const
export type ExportFormat = (typeof exportFormats)[number]

/** More belongs into a program with a token: a browser holds all of it until it is saved. */
export const mostExported = 50_000
const pageSize = 1000

const columns = [
  'id',
  'time',
  'actorKind',
  'actorId',
  'actorName',
  'viaTokenId',
  'action',
  'outcome',
  'code',
  'objectKind',
  'objectId',
  'objectName',
  'address',
  'requestId',
  'details',
] as const

const cellsOf = ({ actor, object, ...entry }: AuditEntry): (string | number | null)[] => [
  entry.id,
  new Date(entry.atMs).toISOString(),
  actor.kind,
  actor.id,
  actor.name,
  actor.viaTokenId,
  entry.action,
  entry.outcome,
  entry.code,
  object?.kind ?? null,
  object?.id ?? null,
  object?.name ?? null,
  entry.address,
  entry.requestId,
  Object.keys(entry.details).length === 0 ? null : JSON.stringify(entry.details),
]

/** RFC 4180. A cell that a spreadsheet would run as a formula is told by an apostrophe to be text: names come from outside. */
export function csvCell(value: string | number | null): string {
  if (value === null) return ''
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

export const csvHead = `${columns.join(',')}\r\n`
export const csvLine = (entry: AuditEntry): string => `${cellsOf(entry).map(csvCell).join(',')}\r\n`

interface ExportedAudit {
  readonly file: Blob
  readonly rows: number
  /** There is more than is in the file. */
  readonly isCut: boolean
}

/** Reads every entry that fits, page by page, newest first. `onRows` is told how far it is. */
export async function exportAudit(
  filter: AuditFilter,
  format: ExportFormat,
  { onRows, signal }: { readonly onRows: (rows: number) => void; readonly signal: AbortSignal },
): Promise<ExportedAudit> {
  const isCsv = format === 'csv'
  // Parts of a page each: the browser may keep them on disk.
  const parts: Blob[] = [new Blob([isCsv ? csvHead : '[\n'])]
  let rows = 0
  let before: number | undefined
  for (;;) {
    const limit = Math.min(pageSize, mostExported - rows)
    const { items, hasMore } = await callHub('listAudit', { query: { ...filterCall(filter), limit, before }, signal })
    const texts = items.map((entry, index) => (isCsv ? csvLine(entry) : `${rows + index === 0 ? '' : ',\n'}${JSON.stringify(entry)}`))
    parts.push(new Blob(texts))
    rows += items.length
    onRows(rows)
    before = items.at(-1)?.id
    const isOver = hasMore === false || before === undefined || items.length === 0
    if (isOver || rows >= mostExported) {
      if (!isCsv) parts.push(new Blob(['\n]\n']))
      const type = isCsv ? 'text/csv;charset=utf-8' : 'application/json'
      return { file: new Blob(parts, { type }), rows, isCut: !isOver }
    }
  }
}

/** Hands a file to the browser's downloads. */
export function saveFile(file: Blob, name: string): void {
  const address = URL.createObjectURL(file)
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  // Not at once: the download begins after this turn.
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}
