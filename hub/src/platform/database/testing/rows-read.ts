import type { Database } from '../database.ts'
import type { EntityManager } from '@mikro-orm/postgresql'

/** How many rows of a table some work looks at, found by an index or not. */
export async function rowsRead(database: Database, table: string, work: (em: EntityManager) => Promise<unknown>): Promise<number> {
  return database.transaction(async (em) => {
    const count = async (): Promise<number> => {
      const [row] = await em.execute<{ rows: string }[]>(
        'select coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) as rows from pg_stat_xact_user_tables where relname = ?',
        [table],
      )
      return Number(row?.rows)
    }
    const before = await count()
    await work(em)
    return (await count()) - before
  })
}
