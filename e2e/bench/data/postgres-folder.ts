import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { startStack } from '../../stack/start-stack.ts'

/** About 300 bytes each in the table, and two indexes. */
const insert = `
  insert into bench_orders
  select n::int, md5(n::text)::uuid, 'customer-' || (n * 7919 % 50000), timestamptz '2025-01-01' + n * interval '37 seconds',
    (n * 104729 % 1000000) / 100.0, (array['open','paid','sent','returned'])[(1 + n % 4)::int],
    repeat('item ' || (n % 977) || ', ', (1 + n % 12)::int) || md5((n * 31)::text)
  from generate_series($1::bigint, $2::bigint) as n`

/**
 * A data folder of Postgres as it lies on a disk after a clean end, with a filled table: that of a hub's own database, which is the
 * Postgres that comes with the product. Rows are the same every time; the files are not, Postgres marks each cluster and its log.
 *
 * @param folder is made
 * @param scratch where the hub is made that fills it, and removed; others must be able to pass through it
 */
export async function makePostgresFolder(folder: string, rows: number, scratch: string): Promise<void> {
  const stack = await startStack({ parentFolder: scratch })
  try {
    const postgres = join(stack.folder, 'data/postgres')
    await fill(postgres, rows)
    // Ends the database in order, and leaves its files.
    await stack.agent().stop()
    await stack.hub().stop()
    execFileSync('cp', ['-a', join(postgres, '18/data'), folder])
  } finally {
    await stack.stop()
  }
}

async function fill(postgres: string, rows: number): Promise<void> {
  const client = new Client({
    host: join(postgres, 'socket'),
    port: 5432,
    user: 'hub',
    database: 'holdfast',
    password: readFileSync(join(postgres, 'password'), 'utf8').trim(),
  })
  await client.connect()
  try {
    await client.query(
      'create table bench_orders (id int primary key, reference uuid, customer text, at timestamptz, total numeric, state text, note text)',
    )
    const batch = 100_000
    for (let first = 1; first <= rows; first += batch) await client.query(insert, [first, Math.min(rows, first + batch - 1)])
    await client.query('create index on bench_orders (customer, at)')
    await client.query('checkpoint')
  } finally {
    await client.end()
  }
}
