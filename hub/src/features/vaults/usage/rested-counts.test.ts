import { VaultId } from '@holdfast/shared-types'
import { afterEach, expect, test, vi } from 'vitest'
import { RestedCounts } from './rested-counts.ts'

const vaultId = VaultId.parse('11111111-1111-4111-8111-111111111111')

afterEach(() => vi.restoreAllMocks())

test('counts once for all who ask, again when it has rested 20 times as long, and forgets what failed', async () => {
  let nowMs = 1000
  let times = 0
  let workedMs = 0
  vi.spyOn(performance, 'now').mockImplementation(() => workedMs)
  const counts = new RestedCounts<number>({ now: () => nowMs })
  const slowly = async (): Promise<number> => {
    await Promise.resolve()
    workedMs += 20
    return ++times
  }
  const together = counts.of(vaultId, 0, slowly)
  nowMs += 60_000
  expect(await Promise.all([together, counts.of(vaultId, 0, slowly)])).toEqual([1, 1])
  nowMs = 1000 + 20 * 20 - 1
  expect(await counts.of(vaultId, 0, slowly)).toBe(1)
  nowMs = 1000 + 20 * 20
  expect(await counts.of(vaultId, 0, slowly)).toBe(2)
  nowMs += 60_000
  await expect(counts.of(vaultId, 0, () => Promise.reject(new Error('gone')))).rejects.toThrow('gone')
  expect(await counts.of(vaultId, 0, slowly)).toBe(3)
  nowMs += 2000
  expect(await counts.of(vaultId, 5000, slowly), 'fresh enough for who asks').toBe(3)
  // A clock that was set back.
  nowMs = 0
  expect(await counts.of(vaultId, 0, slowly)).toBe(4)
})
