import { AgentId, UserId, type Topic } from '@holdfast/shared-types'
import { expect, test } from 'vitest'
import type { UserActor } from '../../platform/http/actor.ts'
import { silentLogger } from '../../platform/logging/logger.ts'
import { MeasurementDesk } from './measurement-desk.ts'

const agentId = AgentId.parse('22222222-2222-4222-8222-222222222222')
const person = (n: number): UserActor => ({
  kind: 'user',
  userId: UserId.parse(`33333333-3333-4333-8333-33333333333${n}`),
  name: 'Ada',
  role: 'admin',
  signInId: 'aa',
})

function aDesk() {
  const sent: string[] = []
  const listened = new Set<Topic>()
  const clock = { nowMs: 1_000_000 }
  const desk = new MeasurementDesk({
    now: () => clock.nowMs,
    log: silentLogger,
    feeds: {
      subscribe: () => Promise.reject(new Error('not here')),
      hasListeners: (topic) => listened.has(topic),
      publishSample: () => undefined,
      lookAgain: () => undefined,
    },
    agentLinks: {
      isOnline: () => true,
      hasLink: () => true,
      isCapable: () => true,
      requireCapability: () => undefined,
      end: () => undefined,
      async send(_, type) {
        sent.push(type)
        return {} as never
      },
    },
  })
  return { desk, sent, listened, clock }
}
const request = { sources: [{ path: '/' }] }

test('one that nobody asks for or listens to for a minute is stopped and forgotten', async () => {
  const { desk, sent, listened, clock } = aDesk()
  const { id } = await desk.start(person(1), agentId, request)
  clock.nowMs += 59_000
  desk.get(person(1), id)
  listened.add(`measurement:${id}`)
  clock.nowMs += 59_000
  await desk.sweep()
  listened.clear()
  clock.nowMs += 59_000
  await desk.sweep()
  expect(sent).toEqual(['host.measure'])
  clock.nowMs += 1_000
  await desk.sweep()
  expect(sent).toEqual(['host.measure', 'host.stop-measuring'])
  expect(() => desk.get(person(1), id)).toThrow(expect.objectContaining({ code: 'measurement.not-found' }) as Error)
})

test('two people measure a device at once, a third waits, and none sees another\u2019s', async () => {
  const { desk } = aDesk()
  const first = await desk.start(person(1), agentId, request)
  await desk.start(person(2), agentId, request)
  await expect(desk.start(person(3), agentId, request)).rejects.toMatchObject({ code: 'measurement.too-many' })
  expect(() => desk.get(person(2), first.id)).toThrow(expect.objectContaining({ code: 'measurement.not-found' }) as Error)
  await desk.cancel(person(1), first.id, agentId)
  expect(await desk.start(person(3), agentId, request)).toMatchObject({ state: 'running' })
})
