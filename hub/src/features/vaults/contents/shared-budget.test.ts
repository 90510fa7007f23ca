import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { SharedBudget } from './shared-budget.ts'

test('never more is held than there is, everybody has a turn, and in order', async () => {
  const budget = new SharedBudget(100)
  const started: number[] = []
  let peak = 0
  const work = (id: number) => async (): Promise<void> => {
    started.push(id)
    peak = Math.max(peak, budget.held)
    await setImmediate()
    if (id % 3 === 0) throw new Error('failed')
  }
  // 40 each, and one that asks for more than there is.
  const calls = Array.from({ length: 20 }, (_, id) => budget.during(id === 7 ? 1_000 : 40, work(id)))
  const ended = await Promise.allSettled(calls)
  expect(started).toEqual(Array.from({ length: 20 }, (_, id) => id))
  expect(ended.filter(({ status }) => status === 'rejected')).toHaveLength(7)
  expect(peak).toBe(100)
  expect(budget.held).toBe(0)
})
