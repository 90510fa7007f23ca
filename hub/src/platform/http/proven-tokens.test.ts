import { expect, test } from 'vitest'
import { ProvenTokens } from './proven-tokens.ts'

const key = new Uint8Array(32).fill(1)

test('a token is proven until it ends, and by the key it was checked with', () => {
  let nowSeconds = 1_000
  const proven = new ProvenTokens(() => nowSeconds)
  proven.add('token', { publicKey: key, untilSeconds: 1_300 })
  expect(proven.has('token', Uint8Array.from(key))).toBe(true)
  expect(proven.has('another token', key)).toBe(false)
  // The device was enrolled anew under the same id.
  expect(proven.has('token', new Uint8Array(32).fill(2))).toBe(false)
  nowSeconds = 1_300
  expect(proven.has('token', key)).toBe(false)
})

test('remembers so many and no more: those that hold no more go first, then the oldest', () => {
  let nowSeconds = 0
  const proven = new ProvenTokens(() => nowSeconds)
  for (let n = 0; n < 10_000; n++) proven.add(`token ${n}`, { publicKey: key, untilSeconds: n < 10 ? 5 : 100 })
  nowSeconds = 10
  proven.add('one more', { publicKey: key, untilSeconds: 100 })
  expect([proven.has('token 9', key), proven.has('token 10', key), proven.has('one more', key)]).toEqual([false, true, true])
  for (let n = 0; n < 10; n++) proven.add(`and ${n}`, { publicKey: key, untilSeconds: 100 })
  expect([proven.has('token 10', key), proven.has('token 11', key), proven.has('and 9', key)]).toEqual([false, true, true])
})
