import type { EntityManager } from '@mikro-orm/postgresql'
import { keptTables } from './kept-tables.ts'
import { endLine, headLine, rowLine, tableLine, type SelfBackupHead } from './self-backup-lines.ts'
import { columnsOf, newestMigration, rowTexts } from './table-rows.queries.ts'

const keptSnapshotColumns = ['id', 'vault_id', 'run_id', 'held_at', 'held_by', 'hold_reason', 'deleted_at', 'deleted_by', 'undo_until']

/** Everything that is kept, as lines. Call it in one read-only transaction that sees one state of the database. */
export async function* readTables(
  em: EntityManager,
  head: Omit<SelfBackupHead, 'format' | 'version' | 'migration'>,
): AsyncGenerator<string> {
  yield headLine({ format: 'holdfast-self-backup', version: 1, ...head, migration: await newestMigration(em) })
  const counts: Record<string, number> = {}
  for (const table of keptTables) {
    const columns = (await columnsOf(em, table.name)).map(({ name }) => name)
    yield tableLine(table.name, columns.length > 0 ? columns : keptSnapshotColumns)
    counts[table.name] = 0
    for await (const text of rowTexts(em, table)) {
      counts[table.name]!++
      yield rowLine(table.name, text)
    }
  }
  yield endLine(counts)
}
