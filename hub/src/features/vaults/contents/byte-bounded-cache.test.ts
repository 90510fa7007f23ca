import { expect, test } from 'vitest'
import { ByteBoundedCache } from './byte-bounded-cache.ts'

const sizeOf = (text: string): number => text.length

test('loads once for all who ask at once, and keeps the value', async () => {
  const cache = new ByteBoundedCache<string>(100)
  let loads = 0
  const load = async (): Promise<string> => {
    loads++
    await Promise.resolve()
    return 'value'
  }
  expect(await Promise.all([cache.get('a', load, sizeOf), cache.get('a', load, sizeOf)])).toEqual(['value', 'value'])
  expect(await cache.get('a', load, sizeOf)).toBe('value')
  expect(loads).toBe(1)
})

test('drops what was used longest ago when it grows too large', async () => {
  const cache = new ByteBoundedCache<string>(10)
  const loaded: string[] = []
  const get = (key: string): Promise<string> => cache.get(key, async () => (loaded.push(key), 'xxxx'), sizeOf)
  await get('a')
  await get('b')
  await get('a')
  await get('c')
  await get('a')
  await get('b')
  expect(loaded).toEqual(['a', 'b', 'c', 'b'])
  expect(cache.bytes).toBeLessThanOrEqual(10)
})

test('does not keep what alone is larger than all that is allowed, nor what failed', async () => {
  const cache = new ByteBoundedCache<string>(3)
  expect(await cache.get('a', async () => 'xxxx', sizeOf)).toBe('xxxx')
  expect(cache.bytes).toBe(0)
  const failing = cache.get('b', async () => Promise.reject(new Error('no')), sizeOf)
  await expect(failing).rejects.toThrow('no')
  expect(await cache.get('b', async () => 'ok', sizeOf)).toBe('ok')
})
