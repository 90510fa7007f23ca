import type { Run } from '@holdfast/shared-types'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, test } from 'vitest'
import { aBackupRun, aDevice } from '../../testing/world.ts'
import { useRunsStore } from './runs.store.ts'

beforeEach(() => setActivePinia(createPinia()))

test('of runs that have ended those are let go of that no list shows; lists keep theirs', () => {
  const store = useRunsStore()
  const [shown, other] = [aDevice(), aDevice()]
  store.holders.add(({ agentId }) => agentId === shown.id)
  const works = aBackupRun(other, { state: 'running' })
  store.put(works)
  for (let count = 0; count < 3000; count += 1)
    store.put(aBackupRun(count % 3 === 0 ? shown : other, { state: 'succeeded', finishedAtMs: 1 }))
  const kept = [...store.byId.values()]
  expect(kept.filter(({ agentId }) => agentId === shown.id)).toHaveLength(1000)
  expect(kept.length, 'those of the others, up to some hundreds').toBeLessThan(1600)
  expect(store.byId.has(works.id), 'what works is never let go of').toBe(true)
})

test('an answer does not undo what was told while it was under way', async () => {
  const store = useRunsStore()
  const [told, silent] = [aBackupRun(aDevice(), { state: 'running' }), aBackupRun(aDevice(), { state: 'running' })]
  const answer = Promise.withResolvers<{ items: Run[] }>()
  const asked = store.ask(() => answer.promise)
  store.takeTold({ ...told, pausedAtMs: 5 })
  answer.resolve({ items: [told, silent] })
  await asked
  expect(store.byId.get(told.id)?.pausedAtMs).toBe(5)
  expect(store.byId.has(silent.id)).toBe(true)
  await store.ask(async () => ({ items: [told] }))
  expect(store.byId.get(told.id)?.pausedAtMs, 'asked for after it was told').toBe(told.pausedAtMs)
})
