import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import {
  holdDatabase,
  postmasterOf,
  processesOn,
  startHolder,
  until,
  type HeldDatabase,
  type HolderOptions,
} from './testing/held-database.ts'

/* The long rounds; the single cases are in embedded-postgres.fault.test.ts. */

let parent: string
let folder: string
beforeEach(() => {
  parent = mkdtempSync(path.join(tmpdir(), 'holdfast-pg-'))
  chmodSync(parent, 0o755)
  folder = path.join(parent, 'data')
})
afterEach(() => rmSync(parent, { recursive: true }))

async function hold(options: HolderOptions = {}): Promise<HeldDatabase> {
  const held = await holdDatabase(folder, options)
  onTestFinished(() => held.holder.kill())
  return held
}

test('nothing of a killed hub is left after 30 s, with the grace as it is shipped', async () => {
  const held = await hold()
  await held.holder.kill()
  await delay(8000)
  expect(postmasterOf(folder), 'a new hub has ten seconds to adopt the server').not.toBeNull()
  const goneAfterMs = 8000 + (await until(() => processesOn(folder).length === 0, 22_000))
  expect(goneAfterMs).toBeLessThan(30_000)
})

/** Commits one row after the other, and knows which ones were acknowledged. */
async function write(held: HeldDatabase, first: number): Promise<{ readonly lastAcknowledged: () => number; stop(): Promise<void> }> {
  const client = new Client({ ...held.connection })
  client.on('error', () => undefined) // the server is killed under it
  await client.connect()
  let last = first
  const stopping = new AbortController()
  const work = (async () => {
    while (!stopping.signal.aborted) {
      await client.query('insert into kept values ($1)', [last + 1])
      last += 1
    }
  })().catch(() => undefined)
  return {
    lastAcknowledged: () => last,
    async stop() {
      stopping.abort()
      await work
      await client.end().catch(() => undefined)
    },
  }
}

const seed = Number(process.env['HOLDFAST_TEST_SEED'] ?? 1)
/** Repeatable moments: a linear congruential generator (Numerical Recipes) is random enough for them. */
function* moments(longestMs: number): Generator<number, never> {
  for (let state = seed >>> 0; ;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    yield (state / 2 ** 32) * longestMs
  }
}

test('no acknowledged row is lost, whatever is killed and whenever', async () => {
  const first = await hold({ watchdogGraceMs: 60_000 })
  await first.query('create table kept (id int primary key)')
  await first.stop()
  const moment = moments(400)
  let rows = 0
  for (let round = 0; round < 30; round++) {
    const held = await hold({ watchdogGraceMs: 60_000 })
    const writer = await write(held, rows)
    await delay(moment.next().value)
    const victims = [[], [postmasterOf(folder) ?? 0], processesOn(folder).filter((pid) => pid !== held.holder.pid)][round % 3] ?? []
    for (const pid of victims) killIfThere(pid)
    await held.holder.kill()
    await writer.stop()
    const next = await hold({ watchdogGraceMs: 60_000 })
    const [found] = await next.query('select count(*)::int as rows, coalesce(max(id), 0) as last from kept')
    // The row after the last acknowledged one may have been committed without its answer.
    expect(found?.['rows'], `round ${round}`).toBe(found?.['last'])
    expect(Number(found?.['last']) - writer.lastAcknowledged(), `round ${round}`).toBeOneOf([0, 1])
    rows = Number(found?.['last'])
    await next.stop()
  }
  expect(rows).toBeGreaterThan(1000)
  // Watchdogs of hubs that were killed together with them are gone; the others found nothing to stop.
  for (const pid of processesOn(folder)) killIfThere(pid)
})

test('of several hubs that start at once on what a killed one left, one gets the database and the others are refused', async () => {
  const first = await hold()
  await first.stop()
  for (let round = 0; round < 6; round++) {
    // Long enough for three processes to start on a busy machine, so that the watchdog meets the new hub.
    const killed = await hold({ watchdogGraceMs: 4000 })
    await killed.holder.kill()
    const starters = Array.from({ length: 3 }, () => startHolder(folder, { watchdogGraceMs: 500 }))
    const answers = await Promise.all(
      starters.map(async (one) => JSON.parse(await one.nextLine()) as { error?: { code: string; message: string } }),
    )
    const winner = starters[answers.findIndex((answer) => answer.error === undefined)]
    const refusals = answers.flatMap(({ error }) => (error ? [error] : []))
    expect(refusals).toEqual([1, 2].map(() => expect.objectContaining({ code: 'hub.already-running', message: String(winner?.pid) })))
    await delay(5500) // the killed one's watchdog has come and gone
    expect(postmasterOf(folder)).not.toBeNull()
    winner?.say('stop')
    await Promise.all(starters.map((one) => one.ended))
  }
  await until(() => processesOn(folder).length === 0, 5000)
})

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // ended by itself
  }
}
