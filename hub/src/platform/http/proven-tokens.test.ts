import { randomUUID } from 'node:crypto'
import { AgentId } from '@holdfast/shared-types'
import { expect, test } from 'vitest'
import { ProvenTokens } from './proven-tokens.ts'

const [laptop, server] = [AgentId.parse(randomUUID()), AgentId.parse(randomUUID())]
const key = new Uint8Array(32).fill(1)
const proof = (token: string) => ({ token, publicKey: key, fromSeconds: 900, untilSeconds: 1_300 })

test('a token is proven for its device, in its time, and by the key it was checked with', () => {
  let nowSeconds = 1_000
  const proven = new ProvenTokens(() => nowSeconds)
  proven.add(laptop, proof('token'))
  expect(proven.has(laptop, 'token', Uint8Array.from(key))).toBe(true)
  expect(proven.has(laptop, 'another token', key)).toBe(false)
  expect(proven.has(server, 'token', key)).toBe(false)
  // The device was enrolled anew under the same id.
  expect(proven.has(laptop, 'token', new Uint8Array(32).fill(2))).toBe(false)
  nowSeconds = 1_300
  expect(proven.has(laptop, 'token', key)).toBe(false)
  // The hub's clock was an hour ahead, and is set right.
  nowSeconds = 899
  expect(proven.has(laptop, 'token', key)).toBe(false)
})

test('the newest four of a device are remembered, and none that is longer than ours are', () => {
  const proven = new ProvenTokens(() => 1_000)
  proven.add(server, proof('of the server'))
  for (let n = 1; n <= 5; n++) proven.add(laptop, proof(`token ${n}`))
  expect([1, 2, 5].map((n) => proven.has(laptop, `token ${n}`, key))).toEqual([false, true, true])
  expect(proven.has(server, 'of the server', key)).toBe(true)
  proven.add(laptop, proof('x'.repeat(1_025)))
  expect(proven.has(laptop, 'x'.repeat(1_025), key)).toBe(false)
  expect(proven.has(laptop, 'token 2', key)).toBe(true)
})
