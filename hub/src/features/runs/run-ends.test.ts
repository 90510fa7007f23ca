import { randomUUID } from 'node:crypto'
import { AgentId, RunId } from '@holdfast/shared-types'
import { expect, test } from 'vitest'
import { createDomainEventBus } from '../../platform/events/domain-events.ts'
import { RunEnds } from './run-ends.ts'

const [agentId, runId, otherId] = [AgentId.parse(randomUUID()), RunId.parse(randomUUID()), RunId.parse(randomUUID())]
const never = new AbortController().signal
const aMinute = 60_000

function makeEnds() {
  const events = createDomainEventBus((_, error) => {
    throw error
  })
  return { ends: new RunEnds(events), finish: (id: RunId) => events.emit('run.finished', { runId: id, agentId, state: 'succeeded' }) }
}
/** Within a turn or two. */
const isOver = (work: Promise<unknown>) => Promise.race([work.then(() => true), new Promise((resolve) => setTimeout(resolve, 20, false))])

test('an end between being waited for and being looked for is not missed', async () => {
  const { ends, finish } = makeEnds()
  const end = ends.endOf(runId)
  await finish(runId)
  expect(await isOver(end.within(aMinute, never))).toBe(true)
})

test('the end of another run is none, and nothing is left when all have gone', async () => {
  const { ends, finish } = makeEnds()
  const [first, second] = [ends.endOf(runId), ends.endOf(runId)]
  const waiting = first.within(aMinute, never)
  await finish(otherId)
  expect(await isOver(waiting)).toBe(false)
  first.forget()
  expect(ends.size).toBe(1)
  await finish(runId)
  expect(await isOver(second.within(aMinute, never))).toBe(true)
  second.forget()
  expect(ends.size).toBe(0)
})

test('a caller that goes away, and a hub that stops, wait no longer', async () => {
  const { ends } = makeEnds()
  const leaving = new AbortController()
  const [gone, there] = [ends.endOf(runId).within(aMinute, leaving.signal), ends.endOf(runId).within(aMinute, never)]
  leaving.abort()
  expect([await isOver(gone), await isOver(there)]).toEqual([true, false])
  ends.close()
  expect([await isOver(there), await isOver(ends.endOf(runId).within(aMinute, never))]).toEqual([true, true])
})

test('so many wait for one run, and who comes after them is answered at once', async () => {
  const { ends } = makeEnds()
  const waiting = Array.from({ length: 101 }, () => ends.endOf(runId).within(aMinute, never))
  expect([await isOver(waiting[99] ?? Promise.resolve()), await isOver(waiting[100] ?? Promise.resolve())]).toEqual([false, true])
  ends.close()
})
