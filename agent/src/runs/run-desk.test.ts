import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { RunId, VaultId, type BodyOf, type hubCommands } from '@holdfast/shared-types'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { aFolder, silentLog, type TestFolder } from '../../test/an-agent.ts'
import { Outbox } from '../hub-connection/outbox.ts'
import { RunDesk } from './run-desk.ts'
import type { RunInHand, StopReason } from './run-in-hand.ts'

type Offer = BodyOf<typeof hubCommands, 'run.offer'>

/** A run that ends when the test says so. */
interface HeldRun {
  readonly offer: Offer
  readonly stops: StopReason[]
  end(): void
}

let folder: TestFolder
let outbox: Outbox
let desk: RunDesk
let held: HeldRun[]

beforeEach(async () => {
  folder = aFolder()
  outbox = await Outbox.open(join(folder.path, 'reports.jsonl'), silentLog)
  held = []
  desk = new RunDesk({ outbox, begin })
})
afterEach(async () => {
  await outbox.close()
  folder.remove()
})

function begin(offer: Offer): RunInHand {
  const { promise: ended, resolve: end } = Promise.withResolvers<undefined>()
  const stops: StopReason[] = []
  held.push({ offer, stops, end: () => end(undefined) })
  const run: Partial<RunInHand> = {
    order: offer as unknown as RunInHand['order'],
    state: 'running',
    isThreadGone: false,
    reported: ended,
    ended,
    stop: (reason) => void stops.push(reason),
  }
  return run as RunInHand
}

const anOffer = (path: string, fence = 1, runId = RunId.parse(randomUUID())): Offer => ({
  runId,
  fence,
  leaseMs: 60_000,
  request: { kind: 'backup', vaultId: VaultId.parse(randomUUID()), sources: [{ path }], full: false },
})

test('what the hub no longer counts on is dropped, and never a newer attempt that was taken meanwhile', async () => {
  const [first, second] = [anOffer('/a'), anOffer('/b')]
  await desk.offer(first)
  await desk.offer(second)
  const dropped = desk.drop([first.runId, second.runId])
  const replaced = desk.offer({ ...second, fence: 3 })
  held[1]?.end()
  expect(await replaced).toEqual({ accepted: true })
  await outbox.add('run.log', { ...lines, runId: second.runId, fence: 3 })
  held[0]?.end()
  await dropped
  expect(held.map(({ stops }) => stops)).toEqual([['dropped'], ['dropped', 'dropped'], []])
  expect(desk.facts).toEqual([{ runId: second.runId, fence: 3, state: 'running' }])
  expect(outbox.newestFence(second.runId)).toBe(3)
})

const lines = { lines: [{ n: 1, atMs: 1, level: 'info' as const, event: 'x', message: 'x', path: null }] }
