import { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../database/testing/test-database.ts'
import { startTypeScript } from '../lifecycle/testing/line-process.ts'
import { silentLogger } from '../logging/logger.ts'
import { Jobs, type JobSchedule, type JobWork } from './jobs.ts'

let database: TestDatabase
let open: Jobs[]
beforeEach(async () => {
  database = await createTestDatabase()
  open = []
})
afterEach(async () => {
  for (const jobs of open) await jobs.stop()
  await database.drop()
})

async function start(kinds: Readonly<Record<string, JobWork>>, schedules: readonly JobSchedule[] = []): Promise<Jobs> {
  const jobs = new Jobs({ connection: database.connection, log: silentLogger, timeZone: 'Europe/Berlin' })
  for (const [kind, work] of Object.entries(kinds)) jobs.define(kind, work)
  open.push(jobs)
  await jobs.start(schedules)
  return jobs
}

async function sql<T extends object>(statement: string): Promise<T[]> {
  const client = new Client(database.connection)
  await client.connect()
  try {
    return (await client.query<T>(statement)).rows
  } finally {
    await client.end()
  }
}
const until = (isSo: () => boolean | Promise<boolean>) => vi.waitUntil(isSo, { timeout: 30_000, interval: 20 })
const hang: JobWork = ({ signal }) =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true }))

describe('a job', () => {
  test('is done at once when it is asked for, and never twice at a time for one key', async () => {
    const worked: string[] = []
    const gate = Promise.withResolvers<void>()
    const jobs = await start({
      look: async ({ key }) => {
        worked.push(key)
        await gate.promise
      },
    })
    await jobs.hurry('look', 'a')
    await until(() => worked.length === 1)
    await jobs.hurry('look', 'a')
    expect(await jobs.keysOf('look')).toEqual(new Set(['a']))
    gate.resolve()
    await until(async () => (await jobs.keysOf('look')).size === 0)
    expect(worked).toEqual(['a'])
    await jobs.hurry('look', 'a')
    await until(() => worked.length === 2)
  })

  test('that throws is over, and the next one is done', async () => {
    let tries = 0
    const jobs = await start({
      look: () => {
        tries += 1
        return Promise.reject(new Error('no'))
      },
    })
    await jobs.hurry('look', 'a')
    await until(async () => tries === 1 && (await jobs.keysOf('look')).size === 0)
    await jobs.hurry('look', 'a')
    await until(() => tries === 2)
  })

  test('that the end of the hub cut off begins again with the next start', async () => {
    const begun = Promise.withResolvers<void>()
    const first = await start({
      look: (job) => {
        begun.resolve()
        return hang(job)
      },
    })
    await first.hurry('look', 'a')
    await begun.promise
    await first.stop()
    const again = Promise.withResolvers<string>()
    await start({ look: async ({ key }) => again.resolve(key) })
    expect(await again.promise).toBe('a')
  })

  test('that was cut off by the power begins again, and does not for ever', async () => {
    const holderFile = new URL('testing/job-holder.ts', import.meta.url)
    for (let kills = 0; kills < 2; kills++) {
      const holder = startTypeScript(holderFile)
      onTestFinished(() => holder.kill())
      holder.say(JSON.stringify(database.connection))
      const said = [await holder.nextLine(), await holder.nextLine()]
      expect(said.toSorted()).toEqual(['started', 'works a'])
      await holder.kill()
    }
    const worked: string[] = []
    const jobs = await start({ slow: async ({ key }) => void worked.push(key) })
    await until(async () => worked.length === 1 && (await jobs.keysOf('slow')).size === 0)
    await jobs.stop()
    await sql(
      `insert into holdfast_jobs.job (name, data, state, singleton_key, policy) values ('slow', '{"key":"b","cutOff":5}', 'active', 'b', 'exclusive')`,
    )
    const later = await start({ slow: async ({ key }) => void worked.push(key) })
    expect(await later.keysOf('slow')).toEqual(new Set())
    expect(worked).toEqual(['a'])
  })
})

describe('a schedule', () => {
  const nightly = { kind: 'look', key: 'a', cron: '30 2 * * *' }

  test('is told in the time zone of the hub, over the change of clocks', async () => {
    const jobs = await start({ look: hang }, [nightly])
    const after = (iso: string) => new Date(jobs.nextAtMs(nightly.cron, Date.parse(iso)) ?? 0).toISOString()
    expect(after('2026-11-23T00:00:00Z')).toBe('2026-11-23T01:30:00.000Z')
    expect(after('2026-07-23T00:00:00Z')).toBe('2026-07-23T00:30:00.000Z')
    // 2:30 does not exist on that night.
    expect(after('2027-03-28T00:00:00Z')).toBe('2027-03-28T01:30:00.000Z')
  })

  test('that was missed for a week brings one job', async () => {
    const first = await start({ look: hang }, [nightly])
    await first.stop()
    await sql(`update holdfast_jobs.schedule set created_on = now() - interval '30 days'`)
    await sql(`update holdfast_jobs.version set cron_on = now() - interval '7 days'`)
    let worked = 0
    const jobs = await start({ look: async () => void worked++ }, [nightly])
    await until(() => worked > 0)
    await until(async () => (await jobs.keysOf('look')).size === 0)
    expect((await sql<{ n: string }>(`select count(*) as n from holdfast_jobs.job where name = 'look'`))[0]?.n).toBe('1')
    expect(worked).toBe(1)
  })

  test('goes on when a clock that was ahead is put right', async () => {
    const first = await start({ look: hang }, [{ ...nightly, cron: '* * * * *' }])
    await first.stop()
    await sql(`delete from holdfast_jobs.job`)
    await sql(`update holdfast_jobs.version set cron_on = now() + interval '90 days'`)
    await sql(`insert into holdfast_jobs.job (name, data, state, singleton_key, policy, start_after)
      values ('look', '{"key":"a"}', 'created', 'a', 'exclusive', now() + interval '90 days')`)
    let worked = 0
    await start({ look: async () => void worked++ }, [{ ...nightly, cron: '* * * * *' }])
    await until(() => worked > 0)
    const [row] = await sql<{ is_ahead: boolean }>(`select cron_on > now() + interval '1 minute' as is_ahead from holdfast_jobs.version`)
    expect(row).toEqual({ is_ahead: false })
  })

  test('of what is gone ends', async () => {
    const first = await start({ look: hang }, [nightly, { ...nightly, key: 'b' }])
    await first.stop()
    await start({ look: hang }, [nightly])
    expect(await sql(`select key from holdfast_jobs.schedule`)).toEqual([{ key: 'a' }])
  })
})
