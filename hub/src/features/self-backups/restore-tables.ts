import { AppError } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { keptTables } from './kept-tables.ts'
import { linesOf, readHead, readLine, type SelfBackupHead } from './self-backup-lines.ts'
import { columnsOf, insertRows, newestMigration, raiseSequences } from './table-rows.queries.ts'

/** A statement takes as much: rows are mostly some hundred bytes. */
const mostRows = 1000
const mostLetters = 4 * 1024 * 1024

export interface RestoredTables {
  readonly head: SelfBackupHead
  readonly rows: Readonly<Record<string, number>>
}

/**
 * Puts the rows of a self-backup into tables that are empty, in the transaction of `em`. What this version has no table or column for stays out; what it has and the
 * self-backup does not know gets its default.
 *
 * @throws AppError `vault.corrupt`, `vault.format-unsupported`
 */
export async function restoreTables(em: EntityManager, pieces: AsyncIterable<Uint8Array>): Promise<RestoredTables> {
  const lines = linesOf(pieces)
  const first = await lines.next()
  const head = readHead(first.done === true ? '' : first.value)
  if (head.migration > (await newestMigration(em))) throw tooNew(head)
  const known = new Set(keptTables.map(({ name }) => name))
  const gathered = new GatheredRows(em, head)
  let promised: Readonly<Record<string, number>> | null = null
  for await (const text of lines) {
    const line = readLine(text)
    if (promised !== null) throw new AppError('vault.corrupt', { message: 'A self-backup goes on after its end.' })
    if (line.kind === 'end') promised = line.rows
    else if (line.kind === 'table') await gathered.begin(known.has(line.name) ? line.name : null, line.columns)
    else if (known.has(line.table)) await gathered.add(line.table, line.text)
  }
  await gathered.flush()
  const isWhole = promised !== null && [...known].every((name) => (promised?.[name] ?? 0) === (gathered.counts[name] ?? 0))
  if (!isWhole) throw new AppError('vault.corrupt', { message: 'A self-backup holds another number of rows than it says.' })
  for (const name of known) await raiseSequences(em, name)
  return { head, rows: gathered.counts }
}

/** Rows of one table at a time, on their way into it. */
class GatheredRows {
  readonly counts: Record<string, number> = {}
  readonly #em: EntityManager
  readonly #head: SelfBackupHead
  #table: string | null = null
  #columns: readonly string[] = []
  #texts: string[] = []
  #letters = 0

  constructor(em: EntityManager, head: SelfBackupHead) {
    this.#em = em
    this.#head = head
  }

  /** @param table null = rows of it are left out */
  async begin(table: string | null, had: readonly string[]): Promise<void> {
    await this.flush()
    this.#table = table
    if (table === null) return
    this.counts[table] = 0
    const columns = await columnsOf(this.#em, table)
    const lacking = columns.find(({ name, isNeeded }) => isNeeded && !had.includes(name))
    if (lacking !== undefined) throw tooOld(this.#head, table)
    this.#columns = columns.map(({ name }) => name).filter((name) => had.includes(name))
  }

  async add(table: string, text: string): Promise<void> {
    if (table !== this.#table) throw new AppError('vault.corrupt', { message: 'A row of a self-backup lies in another table.' })
    this.#texts.push(text)
    this.#letters += text.length
    this.counts[table]!++
    if (this.#texts.length >= mostRows || this.#letters >= mostLetters) await this.flush()
  }

  async flush(): Promise<void> {
    if (this.#table !== null) await insertRows(this.#em, { table: this.#table, columns: this.#columns, texts: this.#texts })
    this.#texts = []
    this.#letters = 0
  }
}

const tooNew = ({ hubVersion }: SelfBackupHead): AppError =>
  new AppError('vault.format-unsupported', {
    message: `This self-backup was written by a newer Holdfast (${hubVersion}).`,
    cure: 'Restore it with that version, or a newer one. Nothing was changed.',
  })

const tooOld = ({ hubVersion }: SelfBackupHead, table: string): AppError =>
  new AppError('vault.format-unsupported', {
    message: `This self-backup was written by Holdfast ${hubVersion}, whose table ${table} lacks what this version needs.`,
    cure: `Restore it with Holdfast ${hubVersion}, start that hub once, and update it then. Nothing was changed.`,
  })
