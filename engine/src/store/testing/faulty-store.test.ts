import { describe, expect, test } from 'vitest'
import { MemoryStore } from '../memory/memory-store.ts'
import type { ObjectStore } from '../object-store.ts'
import { crashAt, FaultyStore, scriptedFaults, seededFaults, SimulatedCrash } from './index.ts'
import type { CrashPoint, Fault, StoreOperation } from './index.ts'

const bytes = Uint8Array.of(1, 2, 3, 4)
const withCode = (code: string): unknown => expect.objectContaining({ code })
const faulty = (operation: StoreOperation, fault: Fault, inner: ObjectStore = new MemoryStore()) =>
  new FaultyStore(inner, { plan: scriptedFaults([{ operation, fault }]) })

async function keysOf(store: ObjectStore): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of store.list('')) keys.push(key)
  return keys
}

describe('faulty store', () => {
  test('a failed call did nothing, and the next one works', async () => {
    for (const code of ['store.full', 'store.io-error', 'store.unavailable'] as const) {
      const store = faulty('put', { kind: 'fail', code })
      await expect(store.put('a', bytes)).rejects.toEqual(withCode(code))
      expect(await store.head('a')).toBeNull()
      await store.put('a', bytes)
      expect(store.callCounts).toMatchObject({ put: 2, head: 1, get: 0 })
    }
  })

  test('a lost answer leaves the object behind', async () => {
    const store = faulty('put', { kind: 'fail-after-success' })
    await expect(store.put('a', bytes)).rejects.toEqual(withCode('store.unavailable'))
    expect(await store.get('a')).toEqual(bytes)
  })

  test('a lying store keeps half and says nothing', async () => {
    const store = faulty('put', { kind: 'short-write' })
    await store.put('a', [bytes.subarray(0, 1), bytes.subarray(1)])
    expect(await store.get('a')).toEqual(bytes.subarray(0, 2))
    const staging = faulty('write', { kind: 'short-write' })
    const staged = await staging.stage()
    await staged.write(bytes)
    expect(staged.sizeBytes).toBe(2)
  })

  test('a flipped bit is in the answer only', async () => {
    const store = faulty('get', { kind: 'flip-bit', bit: 8 * 4 + 9 })
    await store.put('a', bytes)
    expect(await store.get('a')).toEqual(Uint8Array.of(1, 0, 3, 4))
    expect(await store.get('a')).toEqual(bytes)
  })

  test('a short answer has half of the bytes, once', async () => {
    const store = faulty('get', { kind: 'short-read' })
    await store.put('a', bytes)
    expect(await store.get('a')).toEqual(bytes.slice(0, 2))
    expect(await store.get('a')).toEqual(bytes)
  })

  test('a late listing leaves out what it is told to', async () => {
    const store = faulty('list', { kind: 'omit-from-list', omits: (key) => key === 'b' })
    for (const key of ['a', 'b', 'c']) await store.put(key, bytes)
    expect(await keysOf(store)).toEqual(['a', 'c'])
    expect(await keysOf(store)).toEqual(['a', 'b', 'c'])
  })

  test('a script picks calls by operation, key and count', async () => {
    const store = new FaultyStore(new MemoryStore(), {
      plan: scriptedFaults([{ operation: 'put', keyPrefix: 'p/', from: 2, times: 2, fault: { kind: 'fail' } }]),
    })
    const outcomes: string[] = []
    for (const key of ['p/1', 's/1', 'p/2', 'p/3', 'p/4']) {
      outcomes.push(
        await store.put(key, bytes).then(
          () => 'stored',
          () => 'failed',
        ),
      )
    }
    expect(outcomes).toEqual(['stored', 'stored', 'failed', 'failed', 'stored'])
  })

  test('seeded faults are the same for the same seed and differ for another', () => {
    const faultsOf = (seed: number) => {
      const plan = seededFaults(seed, { fail: 0.2, failAfterSuccess: 0.1, flipBit: 0.1, delay: 0.1 })
      return Array.from({ length: 200 }, () => plan.next({ operation: 'get', key: 'a' }))
    }
    expect(faultsOf(7)).toEqual(faultsOf(7))
    expect(faultsOf(7)).not.toEqual(faultsOf(8))
    expect(new Set(faultsOf(7).map((fault) => fault?.kind))).toEqual(
      new Set([undefined, 'fail', 'fail-after-success', 'flip-bit', 'delay']),
    )
  })
})

describe('faulty store that crashes', () => {
  const work = async (store: ObjectStore): Promise<void> => {
    await store.put('p/1', bytes)
    const staged = await store.stage()
    await staged.write(bytes)
    await staged.commit('p/2')
    await store.delete('p/1')
    await store.put('s/1', bytes)
  }

  test('every crash point leaves what was done until then, and the dead process does nothing more', async () => {
    const points: CrashPoint[] = []
    await work(new FaultyStore(new MemoryStore(), { onCrashPoint: (point) => points.push(point) }))
    expect(points.map(({ operation, phase }) => `${phase} ${operation}`)).toEqual(
      ['put', 'commit', 'delete', 'put'].flatMap((operation) => [`before ${operation}`, `after ${operation}`]),
    )
    const leftOver: string[] = []
    for (const { number } of points) {
      const inner = new MemoryStore()
      const store = new FaultyStore(inner, { onCrashPoint: crashAt(number) })
      await expect(work(store)).rejects.toBeInstanceOf(SimulatedCrash)
      await expect(store.put('after', bytes)).rejects.toBeInstanceOf(SimulatedCrash)
      await expect(store.get('p/1')).rejects.toBeInstanceOf(SimulatedCrash)
      leftOver.push((await keysOf(inner)).join(' '))
    }
    expect(leftOver).toEqual(['', 'p/1', 'p/1', 'p/1 p/2', 'p/1 p/2', 'p/2', 'p/2', 'p/2 s/1'])
  })

  test('a torn write is visible after the crash', async () => {
    for (const [number, key] of [
      [0, 'p/1'],
      [2, 'p/2'],
    ] as const) {
      const inner = new MemoryStore()
      await expect(work(new FaultyStore(inner, { onCrashPoint: crashAt(number), tearsWrites: true }))).rejects.toBeInstanceOf(
        SimulatedCrash,
      )
      expect(await inner.get(key)).toEqual(bytes.subarray(0, 2))
    }
  })
})
