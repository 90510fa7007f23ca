import { randomUUID } from 'node:crypto'
import { AgentId, SnapshotId, VaultId } from '@holdfast/shared-types'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { migrations } from '../../../migrations/index.ts'
import { openDatabase, type Database } from '../../../platform/database/database.ts'
import { rowsRead } from '../../../platform/database/testing/rows-read.ts'
import { createTestDatabase, type TestDatabase } from '../../../platform/database/testing/test-database.ts'
import { silentLogger } from '../../../platform/logging/logger.ts'
import { countOpenBefore, countUnaudited, listUnaudited } from './collecting.queries.ts'
import { vaultEntities } from './database-tables.ts'
import { lastRewritingMs, lockVersionsOf } from './keeping.queries.ts'
import { listOpenSessions } from './sessions.queries.ts'

/** What a busy hub asks for again and again must not cost what all its years hold. */
const everAtAll = 20_000

let place: TestDatabase
let database: Database
const vaultId = VaultId.parse(randomUUID())
const agentId = AgentId.parse(randomUUID())
const idOf = (number: number): SnapshotId => SnapshotId.parse(number.toString(16).padStart(32, '0'))

beforeAll(async () => {
  place = await createTestDatabase()
  database = await openDatabase({ connection: place.connection, entities: vaultEntities, migrations, log: silentLogger })
  const em = database.em()
  await em.execute(
    `insert into vault (id, name, kind, store_kind, default_domain_id, key_epoch, epoch, created_at)
     values (?, 'default', 'managed', 'directory', ?, 1, 1, now())`,
    [vaultId, agentId],
  )
  // Every thousandth was written anew twice; the newest three were not looked through yet.
  await em.execute(
    `insert into snapshot (id, vault_id, domain_id, agent_id, seq, key_epoch, received_at, epoch, state, host, started_at, finished_at, roots, packs, segments,
                           audited_at, rewritten)
     select decode(lpad(to_hex(n), 32, '0'), 'hex'), ?, ?, ?, case when n % 1000 in (1, 2) then n - n % 1000 else n end, 1, at, 1, 'committed', 'ada', at, at, '[]', 1, 1,
            case when n <= ${everAtAll - 3} then at end,
            case when n % 1000 in (1, 2) and n > 1000 then jsonb_build_object('why', 'purge', 'atMs', n, 'of', lpad(to_hex(n - n % 1000), 32, '0')) end
     from generate_series(1, ${everAtAll}) as n, lateral (select to_timestamp(1700000000 + n * 60) as at) as moment`,
    [vaultId, agentId, agentId],
  )
  await em.execute(
    `insert into backup_session (id, run_id, agent_id, vault_id, domain_id, key_epoch, fence, state, epoch, snapshot_seq, opened_at)
     select gen_random_uuid(), gen_random_uuid(), ?, ?, ?, 1, 1, case when n > ${everAtAll - 2} then 'open' else 'committed' end, n, n, now()
     from generate_series(1, ${everAtAll}) as n`,
    [agentId, vaultId, agentId],
  )
  await em.execute('analyze')
})
afterAll(async () => {
  await database.close()
  await place.drop()
})

test('versions of one backup are found without reading the vault\u2019s other snapshots', async () => {
  const original = { id: idOf(2000), vaultId, agentId, seq: 2000, rewritten: null }
  let versions: string[] = []
  const read = await rowsRead(database, 'snapshot', async (em) => {
    versions = (await lockVersionsOf(em, original)).map(({ id }) => id)
  })
  expect(versions).toEqual([2000, 2001, 2002].map(idOf))
  // Locking looks at each a second time.
  expect(read).toBeLessThanOrEqual(6)
  let last = 0
  expect(await rowsRead(database, 'snapshot', async (em) => (last = await lastRewritingMs(em, original)))).toBeLessThanOrEqual(3)
  expect(last).toBe(2002)
})

test('snapshots that nobody looked through are found and counted without reading the others', async () => {
  let newest: string[] = []
  const read = await rowsRead(database, 'snapshot', async (em) => {
    newest = (await listUnaudited(em, vaultId, 2)).map(({ id }) => id)
  })
  expect(newest).toEqual([everAtAll, everAtAll - 1].map(idOf))
  expect(read).toBe(2)
  let count = 0
  expect(await rowsRead(database, 'snapshot', async (em) => (count = await countUnaudited(em, vaultId)))).toBeLessThanOrEqual(3)
  expect(count).toBe(3)
})

test('open sessions are found and counted without reading those that ended', async () => {
  let [count, open] = [0, 0]
  const read = await rowsRead(database, 'backup_session', async (em) => {
    count = await countOpenBefore(em, vaultId, everAtAll)
    open = (await listOpenSessions(em, vaultId)).length
  })
  expect([count, open]).toEqual([1, 2])
  expect(read).toBeLessThanOrEqual(3)
})
