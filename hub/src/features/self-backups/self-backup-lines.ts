import { AppError, HubId, TimeMs } from '@holdfast/shared-types'
import { z } from 'zod'

/*
 * A self-backup is text: one JSON value a line. First its head; for each table `["@table", {name, columns}]`, then `["name", {row}]` for each row; last `["@end", {rows}]`.
 */

const selfBackupHead = z.object({
  format: z.literal('holdfast-self-backup'),
  version: z.literal(1),
  hubVersion: z.string(),
  hubId: HubId,
  createdAtMs: TimeMs,
  /** The newest migration of its database. */
  migration: z.string(),
})
export type SelfBackupHead = z.infer<typeof selfBackupHead>

const TableLine = z.tuple([z.literal('@table'), z.object({ name: z.string(), columns: z.array(z.string()) })])
const EndLine = z.tuple([z.literal('@end'), z.object({ rows: z.record(z.string(), z.int().min(0)) })])

export type SelfBackupLine =
  | { readonly kind: 'table'; readonly name: string; readonly columns: readonly string[] }
  | { readonly kind: 'row'; readonly table: string; readonly text: string }
  | { readonly kind: 'end'; readonly rows: Readonly<Record<string, number>> }

export const headLine = (head: SelfBackupHead): string => JSON.stringify(head)
export const tableLine = (name: string, columns: readonly string[]): string => JSON.stringify(['@table', { name, columns }])
export const rowLine = (table: string, text: string): string => `["${table}",${text}]`
export const endLine = (rows: Readonly<Record<string, number>>): string => JSON.stringify(['@end', { rows }])

/** @throws AppError `vault.format-unsupported` for one that this version does not know */
export function readHead(line: string): SelfBackupHead {
  const head = selfBackupHead.safeParse(parsed(line))
  if (head.success) return head.data
  throw new AppError('vault.format-unsupported', {
    message: 'This self-backup is of a version of Holdfast that this one does not know.',
    cure: 'Restore it with the version of Holdfast that wrote it, or a newer one.',
  })
}

/** Any line but the first; the text of a row is not looked into. @throws AppError `vault.corrupt` */
export function readLine(line: string): SelfBackupLine {
  const row = /^\["([a-z_]+)",/.exec(line)
  if (row?.[1] !== undefined) return { kind: 'row', table: row[1], text: line.slice(row[0].length, -1) }
  const value = parsed(line)
  const table = TableLine.safeParse(value)
  if (table.success) return { kind: 'table', ...table.data[1] }
  const end = EndLine.safeParse(value)
  if (end.success) return { kind: 'end', ...end.data[1] }
  throw new AppError('vault.corrupt', { message: 'A self-backup holds a line that none has.' })
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch (cause) {
    throw new AppError('vault.corrupt', { message: 'A self-backup holds a line that cannot be read.', cause })
  }
}

const newline = 10

/** Lines out of pieces that end anywhere. */
export async function* linesOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const piece of pieces) {
    const bytes = rest.length === 0 ? Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength) : Buffer.concat([rest, piece])
    let from = 0
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, from)) {
      yield bytes.toString('utf8', from, end)
      from = end + 1
    }
    rest = bytes.subarray(from)
  }
  if (rest.length > 0) throw new AppError('vault.corrupt', { message: 'A self-backup ends in the middle of a line.' })
}

/** Lines as pieces worth sealing. */
export async function* piecesOf(lines: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  let text = ''
  for await (const line of lines) {
    text += `${line}\n`
    if (text.length < pieceLetters) continue
    yield Buffer.from(text)
    text = ''
  }
  yield Buffer.from(text)
}
const pieceLetters = 256 * 1024
