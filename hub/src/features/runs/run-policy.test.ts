import { expect, test } from 'vitest'
import { mayPass, policyOfRetry, shrinkage, type RunPolicy } from './run-policy.ts'

const policy = (count: number, firstDelayMs: number): RunPolicy => ({ retries: { count, firstDelayMs }, timeoutMs: null, shrink: null })

test('waits double with each try, up to six hours, until none is left', () => {
  const waits: number[] = []
  for (let next: RunPolicy | null = policy(8, 600_000); next !== null; next = policyOfRetry(next))
    waits.push(next.retries.firstDelayMs / 60_000)
  expect(waits).toEqual([10, 20, 40, 80, 160, 320, 360, 360, 360])
  expect(policyOfRetry(policy(0, 1000))).toBeNull()
  expect(policyOfRetry(policy(1, 86_400_000))?.retries.firstDelayMs).toBe(86_400_000)
})

test.each([
  ['expired', 'run.expired', true],
  ['failed', 'run.agent-lost', true],
  ['failed', 'hub.unreachable', true],
  ['failed', 'store.unavailable', true],
  ['failed', 'internal', true],
  ['failed', 'run.timed-out', true],
  ['failed', null, true],
  ['failed', 'a.code-of-tomorrow', true],
  ['failed', 'store.full', false],
  ['failed', 'run.nothing-to-back-up', false],
  ['failed', 'vault.corrupt', false],
  ['cancelled', 'run.cancelled', false],
  ['warning', null, false],
  ['succeeded', null, false],
] as const)('a run that is %s with %s is worth another try: %s', (state, code, expected) => {
  expect(mayPass(state, code)).toBe(expected)
})

const result = (files: number, bytes: number) => ({ files, bytes })

test('a fall counts in files and in bytes, and only beyond the limit', () => {
  const limit = { percent: 50, files: 100, bytes: 1_000 }
  expect(shrinkage(limit, result(50, 500))).toBeNull()
  expect(shrinkage(limit, result(49, 1_000))).toContain('49 files')
  expect(shrinkage(limit, result(100, 499))).toContain('499 bytes')
  expect(shrinkage(limit, result(0, 0))).not.toBeNull()
  expect(shrinkage({ ...limit, files: 0, bytes: 0 }, result(0, 0))).toBeNull()
  expect(shrinkage(null, result(0, 0))).toBeNull()
})
