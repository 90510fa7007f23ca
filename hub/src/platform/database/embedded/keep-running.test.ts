import { AppError } from '@holdfast/shared-types'
import { expect, test, vi } from 'vitest'
import { silentLogger } from '../../logging/logger.ts'
import { keepRunning } from './keep-running.ts'

const everyMs = 5
const mustNotBeLost = (error: AppError) => expect.unreachable(error.message)

test('starts a lost server again, and leaves one alone that runs', async () => {
  let runs = true
  const restart = vi.fn(async () => void (runs = true))
  const keeper = keepRunning({ isRunning: () => runs, restart, onLost: mustNotBeLost, log: silentLogger, everyMs })
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(restart).not.toHaveBeenCalled()
  runs = false
  await vi.waitFor(() => expect(restart).toHaveBeenCalledTimes(1), { timeout: 20_000 })
  await keeper.end()
})

test('gives up after five failures in a row and says so once', async () => {
  const restart = vi.fn(() => Promise.reject(new AppError('database.unavailable')))
  const onLost = vi.fn()
  const keeper = keepRunning({ isRunning: () => false, restart, onLost, log: silentLogger, everyMs })
  await vi.waitFor(() => expect(onLost).toHaveBeenCalled(), { timeout: 20_000 })
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect([restart.mock.calls.length, onLost.mock.calls.length]).toEqual([5, 1])
  await keeper.end()
})

test('waits for a restart under way when it ends, and starts none after', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const restart = vi.fn(() => promise)
  const keeper = keepRunning({ isRunning: () => false, restart, onLost: mustNotBeLost, log: silentLogger, everyMs })
  await vi.waitFor(() => expect(restart).toHaveBeenCalled(), { timeout: 20_000 })
  let hasEnded = false
  const ended = keeper.end().then(() => (hasEnded = true))
  await new Promise((settle) => setTimeout(settle, 30))
  expect(hasEnded).toBe(false)
  resolve()
  await ended
  await new Promise((settle) => setTimeout(settle, 30))
  expect(restart).toHaveBeenCalledTimes(1)
})
