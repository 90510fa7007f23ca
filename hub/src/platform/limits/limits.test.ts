import { UserId, type AppError } from '@holdfast/shared-types'
import { describe, expect, test } from 'vitest'
import { addressKey } from './address-key.ts'
import { createRequestLimits } from './request-limits.ts'
import { createTokenBuckets } from './token-buckets.ts'

describe('a token bucket', () => {
  test('gives its burst at once, then as much as flows in, and tells how long to wait', () => {
    let now = 0
    const buckets = createTokenBuckets(() => now)
    const take = () => buckets.take('a', { burst: 3, perSecond: 2 })
    expect([take(), take(), take(), take()]).toEqual([0, 0, 0, 500])
    now = 250
    expect(take()).toBe(250)
    now = 500
    expect([take(), take()]).toEqual([0, 500])
    now = 1_000_000
    expect([take(), take(), take(), take()]).toEqual([0, 0, 0, 500])
  })

  test('of one key is none of another’s, and keys are no memory without end', () => {
    const buckets = createTokenBuckets(() => 0, 100)
    for (let i = 0; i < 1000; i++) expect(buckets.take(`key ${i}`, { burst: 1, perSecond: 1 })).toBe(0)
    expect(buckets.count).toBe(100)
    expect(buckets.take('key 999', { burst: 1, perSecond: 1 })).toBe(1000)
  })
})

describe('an address', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0db8:1:2:ffff::1', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['', ''],
  ])('%s counts as %s', (address, key) => {
    expect(addressKey(address)).toBe(key)
  })
})

describe('limits of requests', () => {
  const refusal = (work: () => void): AppError['context'] | null => {
    try {
      work()
      return null
    } catch (error) {
      expect(error).toMatchObject({ code: 'access.throttled' })
      return (error as AppError).context
    }
  }

  test('let a burst of ten seconds through and then say how long to wait', () => {
    const limits = createRequestLimits(2, () => 0)
    for (let i = 0; i < 20; i++) limits.takeForAddress('general', '192.0.2.1')
    expect(refusal(() => limits.takeForAddress('general', '192.0.2.1'))).toEqual({ retryAfterSeconds: 1 })
    expect(refusal(() => limits.takeForAddress('general', '192.0.2.2'))).toBeNull()
  })

  test('are tighter for enrolment, tightest for sign-ins, and none for the data of agents', () => {
    const limits = createRequestLimits(100, () => 0)
    const burstOf = (limit: 'general' | 'enrolment' | 'sign-in' | 'none') => {
      for (let n = 0; n < 2000; n++) if (refusal(() => limits.takeForAddress(limit, '192.0.2.1')) !== null) return n
      return Infinity
    }
    expect([burstOf('general'), burstOf('enrolment'), burstOf('sign-in'), burstOf('none')]).toEqual([1000, 200, 50, Infinity])
  })

  test('hold a person wherever they call from, and can be switched off', () => {
    const person = {
      kind: 'user',
      userId: UserId.parse('33333333-3333-4333-8333-333333333333'),
      name: '',
      role: 'viewer',
      signInId: null,
    } as const
    const limits = createRequestLimits(2, () => 0)
    for (let i = 0; i < 10; i++) limits.takeForActor('general', person)
    expect(refusal(() => limits.takeForActor('general', person))).not.toBeNull()
    const none = createRequestLimits(0, () => 0)
    for (let i = 0; i < 5000; i++) none.takeForActor('general', person)
  })
})
