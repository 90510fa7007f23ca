import type { LiveEvent } from '@holdfast/shared-types'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { watch } from 'vue'
import { browserAt } from '../../testing/browser-at.ts'
import { startStandInHub, type StandInHub } from '../../testing/stand-in-hub.ts'
import { aBackupRun, aDevice, aLogLine, aWorld } from '../../testing/world.ts'
import { connectionState } from './connection.ts'
import { listenToTopic, onLinkRefused, startLiveLink, stopLiveLink } from './live-link.ts'

const device = aDevice()
const run = aBackupRun(device)
let hub: StandInHub
const ends: (() => void)[] = []

beforeEach(async () => {
  hub = await startStandInHub({ world: aWorld({ devices: [device], runs: [run] }) })
  browserAt(hub.url)
})
afterEach(async () => {
  ends.splice(0).forEach((end) => end())
  stopLiveLink()
  await hub.close()
})

/** Whatever else the machine does. */
const soon = (check: () => void) => vi.waitFor(check, { timeout: 20_000 })
const live = () => soon(() => expect(connectionState.value).toBe('live'))
const tellLines = (from: number, to: number) => {
  for (let seq = from; seq <= to; seq += 1) hub.live.tell(`run:${run.id}`, { type: 'run.log', body: aLogLine(seq) })
}

/** Listens to the run's topic and notes the number of each log line. */
function noteLines(lastSeq?: number) {
  const lines: number[] = []
  const caughtUp: boolean[] = []
  const onEvent = (event: LiveEvent) => event.type === 'run.log' && lines.push(event.body.seq)
  ends.push(listenToTopic(`run:${run.id}`, { onEvent, onCaughtUp: (hadGap) => caughtUp.push(hadGap) }, lastSeq))
  return { lines, caughtUp }
}
const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1)

test('what was missed while the link was down comes after it, once and in order', async () => {
  startLiveLink()
  const { lines, caughtUp } = noteLines(0)
  await live()
  await soon(() => expect(caughtUp).toEqual([false]))
  tellLines(1, 200)
  await soon(() => expect(lines).toHaveLength(200))

  const cut = Promise.withResolvers<void>()
  // Told, not looked for: the link may be back between two looks.
  ends.push(watch(connectionState, (state) => state === 'reconnecting' && cut.resolve(), { flush: 'sync' }))
  hub.live.cutLinks()
  await cut.promise
  tellLines(201, 500)
  await live()
  await soon(() => expect(lines).toHaveLength(500))
  expect(lines).toEqual(upTo(500))
  expect(caughtUp).toEqual([false, false])
})

test('a subscription that starts at a place gets what came after it', async () => {
  tellLines(1, 30)
  startLiveLink()
  const { lines } = noteLines(hub.live.seqOf(`run:${run.id}`) - 5)
  await soon(() => expect(lines).toEqual([26, 27, 28, 29, 30]))
})

test('listening before the link is up misses nothing that happens once it is', async () => {
  const { lines, caughtUp } = noteLines()
  startLiveLink()
  await soon(() => expect(caughtUp).toEqual([false]))
  tellLines(1, 3)
  await soon(() => expect(lines).toEqual([1, 2, 3]))
})

test('events that are gone are said to be a gap, and listening goes on', async () => {
  startLiveLink()
  const { lines, caughtUp } = noteLines(999)
  await soon(() => expect(caughtUp).toEqual([true]))
  tellLines(1, 2)
  await soon(() => expect(lines).toEqual([1, 2]))
})

test('a link refused by the hub asks whether the sign-in still holds', async () => {
  hub.signIn(false)
  const refused = vi.fn()
  onLinkRefused(refused)
  startLiveLink()
  await soon(() => expect(refused).toHaveBeenCalled())
  expect(connectionState.value).not.toBe('live')
})
