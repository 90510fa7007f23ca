import type { EntityManager } from '@mikro-orm/postgresql'
import { sql, type Kysely } from 'kysely'
import type { KeptTable } from './kept-tables.ts'

/*
 * Rows of any table, in and out, as JSON that Postgres itself writes and reads: nothing of it is taken apart on the way, so that no number or time loses a digit.
 */

// oxlint-disable-next-line typescript/no-explicit-any -- tables are named by data here
const any = (em: EntityManager): Kysely<any> => em.getKysely<any>()

/** Few enough to hold, many enough that asking costs nothing. */
const rowsPerFetch = 1000

export interface Column {
  readonly name: string
  /** A row without it is refused. */
  readonly isNeeded: boolean
}

/** Also of temporary tables. */
export async function columnsOf(em: EntityManager, table: string): Promise<Column[]> {
  const { rows } = await sql<{ name: string; needed: boolean }>`
    select attname as name, attnotnull and not atthasdef and attidentity = '' as needed from pg_attribute
    where attrelid = to_regclass(${`"${table}"`}) and attnum > 0 and not attisdropped order by attnum`.execute(any(em))
  return rows.map(({ name, needed }) => ({ name, isNeeded: needed }))
}

/** Name of the newest migration that this schema has seen. */
export async function newestMigration(em: EntityManager): Promise<string> {
  const { rows } = await sql<{ name: string }>`select name from mikro_orm_migrations order by name desc limit 1`.execute(any(em))
  return rows[0]?.name ?? ''
}

/** Each row as the text of a JSON object. Call it in a transaction, for it reads by a cursor. */
export async function* rowTexts(em: EntityManager, { name, rows }: KeptTable): AsyncGenerator<string> {
  const of = rows ?? `select * from "${name}"`
  const cursor = `kept_${name}`
  await sql`declare ${sql.raw(cursor)} no scroll cursor for select row_to_json(t)::text as text from (${sql.raw(of)}) t`.execute(any(em))
  for (;;) {
    const page = await sql<{ text: string }>`fetch ${sql.raw(String(rowsPerFetch))} from ${sql.raw(cursor)}`.execute(any(em))
    for (const { text } of page.rows) yield text
    if (page.rows.length < rowsPerFetch) break
  }
  await sql`close ${sql.raw(cursor)}`.execute(any(em))
}

export interface RowsToInsert {
  readonly table: string
  /** Others that the rows may have are left out. */
  readonly columns: readonly string[]
  /** JSON objects. */
  readonly texts: readonly string[]
}

export async function insertRows(em: EntityManager, { table, columns, texts }: RowsToInsert): Promise<void> {
  if (texts.length === 0) return
  const names = sql.join(columns.map((name) => sql.ref(name)))
  await sql`insert into ${sql.table(table)} (${names})
    select ${names} from jsonb_populate_recordset(null::${sql.table(table)}, ${`[${texts.join(',')}]`}::jsonb)`.execute(any(em))
}

/** Numbers that the database gives out go on above those that were put back. */
export async function raiseSequences(em: EntityManager, table: string): Promise<void> {
  for (const { name } of await columnsOf(em, table)) {
    const { rows } = await sql<{ sequence: string | null }>`select pg_get_serial_sequence(${`"${table}"`}, ${name}) as sequence`.execute(
      any(em),
    )
    const sequence = rows[0]?.sequence ?? null
    if (sequence === null) continue
    await sql`select setval(${sequence}::regclass, (select coalesce(max(${sql.ref(name)}), 0) + 1 from ${sql.table(table)}), false)`.execute(
      any(em),
    )
  }
}

/** How much a database holds that people made. */
export interface Holdings {
  readonly people: number
  readonly devices: number
  readonly plans: number
  readonly runs: number
}

export async function countHoldings(em: EntityManager): Promise<Holdings> {
  const { rows } = await sql<{ [K in keyof Holdings]: string }>`
    select (select count(*) from user_account) as people, (select count(*) from agent) as devices,
      (select count(*) from plan) as plans, (select count(*) from run) as runs`.execute(any(em))
  const [row] = rows
  return { people: Number(row?.people), devices: Number(row?.devices), plans: Number(row?.plans), runs: Number(row?.runs) }
}

/** Removes every row of every table of the hub, in the transaction of `em`. */
export async function emptyTables(em: EntityManager): Promise<void> {
  // The audit log goes with the database it tells of: nothing else removes lines of it but by their age.
  await sql`select set_config('holdfast.audit_prune_before', 'infinity', true)`.execute(any(em))
  for (const table of await tablesChildrenFirst(em)) await sql`delete from ${sql.table(table)}`.execute(any(em))
}

async function tablesChildrenFirst(em: EntityManager): Promise<string[]> {
  const { rows: tables } = await sql<{ name: string }>`
    select relname as name from pg_class
    where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p') and relname <> 'mikro_orm_migrations'`.execute(any(em))
  const { rows: links } = await sql<{ child: string; parent: string }>`
    select c.relname as child, p.relname as parent from pg_constraint k
      join pg_class c on c.oid = k.conrelid join pg_class p on p.oid = k.confrelid
    where k.contype = 'f' and k.conrelid <> k.confrelid`.execute(any(em))
  const ordered: string[] = []
  const left = new Set(tables.map(({ name }) => name))
  while (left.size > 0) {
    const free = [...left].filter((name) => !links.some(({ child, parent }) => parent === name && left.has(child)))
    // A circle of foreign keys: the database would have to say how it wants to be emptied.
    const next = free.length > 0 ? free : [...left]
    for (const name of next) left.delete(name)
    ordered.push(...next)
  }
  return ordered
}
