/*
 * Developer command: writes a migration from the difference between the entities and schema-snapshot.json, to be read, edited, named
 * and added to index.ts.
 *
 *   node -C @holdfast/source hub/src/migrations/generate.ts <verb_object>
 */
import { MikroORM } from '@mikro-orm/postgresql'
import { ormOptions } from '../platform/database/database.ts'
import { startTestPostgres } from '../platform/database/testing/postgres-fixture.ts'
import { silentLogger } from '../platform/logging/logger.ts'
import { entities } from '../wiring/entities.ts'
import { migrations } from './index.ts'

const name = process.argv[2]
if (name === undefined || !/^[a-z]+(_[a-z]+)+$/.test(name)) {
  process.stderr.write('Name the migration: verb_object, e.g. create_plan_table\n')
  process.exit(2)
}
const postgres = await startTestPostgres()
try {
  const orm = await MikroORM.init(ormOptions({ connection: postgres.connection, entities, migrations, log: silentLogger }))
  const written = await orm.migrator.create(undefined, false, false, name)
  process.stdout.write(written.fileName === '' ? 'The entities match the snapshot: nothing to write.\n' : `${written.fileName}\n`)
  await orm.close(true)
} finally {
  await postgres.stop()
}
