import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { browserAt } from '../../testing/browser-at.ts'
import { startStandInHub, type StandInHub } from '../../testing/stand-in-hub.ts'
import { aDevice, aWorld } from '../../testing/world.ts'
import { callHub } from '../api/call-hub.ts'
import { placesOf } from '../api/live-place.ts'
import { followTopics } from './follow-topics.ts'
import { startLiveLink, stopLiveLink } from './live-link.ts'

const device = aDevice()
let hub: StandInHub
const ends: (() => void)[] = []

beforeEach(async () => {
  hub = await startStandInHub({ world: aWorld({ devices: [device] }) })
  browserAt(hub.url)
  tell()
})
afterEach(async () => {
  ends.splice(0).forEach((end) => end())
  stopLiveLink()
  await hub.close()
})

const tell = () => hub.live.tell('devices', { type: 'device.changed', body: device })
const soon = (check: () => void) => vi.waitFor(check, { timeout: 20_000 })
const live = () => soon(() => expect(hub.live.listeners('devices')).toBe(1))
const asked = () => hub.calls.filter((call) => call === 'listDevices').length

/** Follows the devices; `heard` counts the events. */
function follow(afterRead: () => void | Promise<void> = () => undefined) {
  const heard: number[] = []
  const load = async () => {
    try {
      const answer = await callHub('listDevices')
      await afterRead()
      return placesOf(answer)
    } catch {
      return undefined
    }
  }
  ends.push(followTopics(['devices'], { load, onEvent: ({ seq }) => heard.push(seq ?? 0) }))
  return heard
}
/** An event has come, and whatever it and the subscription lead to has been asked. */
async function settled(heard: readonly number[]): Promise<void> {
  const before = heard.length
  tell()
  await soon(() => expect(heard.length).toBeGreaterThan(before))
  await new Promise((resolve) => void setTimeout(resolve, 200))
}

test('what was read is not asked for again when nothing has happened since', async () => {
  const heard = follow()
  startLiveLink()
  await live()
  await settled(heard)
  expect(asked()).toBe(1)
})

test('what happens between the answer and the subscription is read', async () => {
  const heard = follow()
  await soon(() => expect(asked()).toBe(1))
  tell()
  startLiveLink()
  await soon(() => expect(asked()).toBe(2))
  await settled(heard)
  expect(asked()).toBe(2)
})

test('an answer that comes after the subscription, and is as new, stands', async () => {
  const answered = Promise.withResolvers<void>()
  const heard = follow(() => answered.promise)
  startLiveLink()
  await live()
  await settled(heard)
  answered.resolve()
  await settled(heard)
  expect(asked()).toBe(1)
})

test('a question that failed is asked again', async () => {
  const isAway = { now: true }
  const heard = follow(() => {
    if (isAway.now) throw new Error('The hub was away.')
  })
  await soon(() => expect(asked()).toBe(1))
  isAway.now = false
  startLiveLink()
  await soon(() => expect(asked()).toBe(2))
  await settled(heard)
  expect(asked()).toBe(2)
})

test('after a link that was cut, it is read again', async () => {
  const heard = follow()
  startLiveLink()
  await live()
  await settled(heard)
  hub.live.cutLinks()
  await soon(() => expect(asked()).toBe(2))
  await settled(heard)
  expect(asked()).toBe(2)
})

test('who has stopped asks no more', async () => {
  const heard = follow()
  startLiveLink()
  await live()
  await settled(heard)
  ends.splice(0).forEach((end) => end())
  tell()
  hub.live.cutLinks()
  await new Promise((resolve) => void setTimeout(resolve, 200))
  expect([asked(), heard.length]).toEqual([1, 1])
})
