// @vitest-environment node
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { gather } from './gather.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('work that is asked for without pause is done all the same, once each time', () => {
  const work = vi.fn()
  const gathered = gather(work, 1000)
  for (let asked = 0; asked < 50; asked += 1) {
    gathered.ask()
    vi.advanceTimersByTime(100)
  }
  expect(work).toHaveBeenCalledTimes(5)
  vi.advanceTimersByTime(5000)
  expect(work, 'and not again unless it is asked for').toHaveBeenCalledTimes(5)
})

test('what was dropped is not done, and can be asked for anew', () => {
  const work = vi.fn()
  const gathered = gather(work, 1000)
  gathered.ask()
  gathered.stop()
  vi.advanceTimersByTime(2000)
  expect(work).not.toHaveBeenCalled()
  gathered.ask()
  vi.advanceTimersByTime(1000)
  expect(work).toHaveBeenCalledTimes(1)
})
