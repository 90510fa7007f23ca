import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ObjectStore } from '../object-store.ts'

/** What a test needs of one kind of store. */
export interface StoreUnderTest {
  readonly store: ObjectStore
  dispose(): Promise<void>
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const withCode = (code: string): unknown => expect.objectContaining({ code })

async function keysOf(store: ObjectStore, prefix: string): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of store.list(prefix)) keys.push(key)
  return keys
}

/** What every {@link ObjectStore} promises: one suite, run against each of them. */
export function describeObjectStore(kind: string, open: () => Promise<StoreUnderTest>): void {
  describe(`${kind} keeps the contract of an object store`, () => {
    let underTest: StoreUnderTest
    let store: ObjectStore
    beforeEach(async () => {
      underTest = await open()
      store = underTest.store
    })
    afterEach(() => underTest.dispose())

    testPutAndGet(() => store)
    testKeys(() => store)
    testListing(() => store)
    testStaging(() => store)
    testRaces(() => store)
  })
}

function testPutAndGet(store: () => ObjectStore): void {
  test('an object reads back as it was put, whole, in parts and empty', async () => {
    await store().put('p/aa/one', text('hello world'))
    expect(await store().get('p/aa/one')).toEqual(text('hello world'))
    expect(await store().get('p/aa/one', { offset: 6, length: 5 })).toEqual(text('world'))
    expect(await store().get('p/aa/one', { offset: 11, length: 0 })).toEqual(text(''))
    expect(await store().head('p/aa/one')).toEqual({ sizeBytes: 11 })
    await store().put('empty', new Uint8Array())
    expect(await store().get('empty')).toEqual(new Uint8Array())
  })

  test('pieces are stored back to back, also thousands and empty ones', async () => {
    const pieces = Array.from({ length: 3000 }, (_, i) => new Uint8Array(i % 5).fill(i & 0xff))
    await store().put('pieces', pieces)
    expect(await store().get('pieces')).toEqual(Uint8Array.from(Buffer.concat(pieces)))
  })

  test('what is handed in and out is not shared', async () => {
    // A Buffer, because its slice() shares memory where a Uint8Array's copies.
    const given = Buffer.from('original')
    await store().put('shared', given)
    const staged = await store().stage()
    await staged.write(given)
    given.fill(0)
    await staged.commit('staged')
    const taken = await store().get('shared')
    taken.fill(1)
    expect(await store().get('shared')).toEqual(text('original'))
    expect(await store().get('staged')).toEqual(text('original'))
  })

  test('an object is never replaced', async () => {
    await store().put('key', text('first'))
    await expect(store().put('key', text('second'))).rejects.toEqual(withCode('store.exists'))
    expect(await store().get('key')).toEqual(text('first'))
  })

  test('a missing object is told as such, before and after a deletion', async () => {
    await expect(store().get('a/b')).rejects.toEqual(withCode('store.not-found'))
    await expect(store().get('a/b', { offset: 0, length: 1 })).rejects.toEqual(withCode('store.not-found'))
    expect(await store().head('a/b')).toBeNull()
    expect(await store().delete('a/b')).toBe(false)
    await store().put('a/b', text('x'))
    expect(await store().get('a/b', { offset: 0, length: 1 })).toEqual(text('x'))
    expect(await store().delete('a/b')).toBe(true)
    await expect(store().get('a/b', { offset: 0, length: 1 })).rejects.toEqual(withCode('store.not-found'))
    expect(await store().head('a')).toBeNull()
    await expect(store().get('a')).rejects.toEqual(withCode('store.not-found'))
    expect(await store().delete('a')).toBe(false)
  })

  test('what is there and what was deleted is made durable, also what was never there', async () => {
    await store().put('kept/a', text('x'))
    await store().put('kept/c', text('x'))
    await store().delete('kept/a')
    await store().makeDurable(['kept/a', 'kept/b', 'kept/c', 'nowhere/at/all'])
    await store().makeDurable([])
    expect([await store().head('kept/a'), await store().head('kept/c')]).toEqual([null, { sizeBytes: 1 }])
    await expect(store().makeDurable(['../outside'])).rejects.toEqual(withCode('store.invalid-key'))
  })

  test('a range that the object does not hold is an error, not a short answer', async () => {
    await store().put('short', text('12345'))
    await expect(store().get('short', { offset: 3, length: 3 })).rejects.toEqual(withCode('store.io-error'))
    await expect(store().get('short', { offset: 6, length: 0 })).rejects.toEqual(withCode('store.io-error'))
    await expect(store().get('short', { offset: -1, length: 2 })).rejects.toEqual(withCode('invariant.broken'))
  })

  test('an aborted signal stops before anything is visible', async () => {
    const signal = AbortSignal.abort()
    await expect(store().put('never', text('x'), { signal })).rejects.toEqual(withCode('cancelled'))
    await expect(store().stage({ signal })).rejects.toEqual(withCode('cancelled'))
    expect(await store().head('never')).toBeNull()
  })
}

function testKeys(store: () => ObjectStore): void {
  const wrongKeys = [
    '',
    '/',
    '/a',
    'a/',
    'a//b',
    '.',
    '..',
    'a/../b',
    './a',
    'a/.',
    'ä',
    'a b',
    'a\\b',
    'a\0b',
    'a\n',
    'a+b',
    'C:',
    'x'.repeat(256),
    'x/'.repeat(600),
  ]

  test('a key that could mean another place is refused by every call', async () => {
    for (const key of wrongKeys) {
      await expect(store().put(key, text('x')), key).rejects.toEqual(withCode('store.invalid-key'))
      await expect(store().get(key), key).rejects.toEqual(withCode('store.invalid-key'))
      await expect(store().head(key), key).rejects.toEqual(withCode('store.invalid-key'))
      await expect(store().delete(key), key).rejects.toEqual(withCode('store.invalid-key'))
    }
    for (const prefix of ['/', '/a', '../', 'a/../b', 'a//', 'a b', '+tmp/']) {
      await expect(keysOf(store(), prefix), prefix).rejects.toEqual(withCode('store.invalid-key'))
    }
    expect(await keysOf(store(), '')).toEqual([])
  })

  test('every allowed character is allowed, also names of dots', async () => {
    const keys = ['...', '.a', 'A-Z/a_z', 'x'.repeat(255), 'd'.repeat(200).concat('/').repeat(4) + 'end', 'vault.json']
    for (const key of keys) await store().put(key, text(key))
    expect(await keysOf(store(), '')).toEqual(keys.toSorted())
  })
}

function testListing(store: () => ObjectStore): void {
  test('a prefix is plain text, and keys come sorted as text', async () => {
    const keys = [
      'a',
      'b',
      'g/1',
      'g-x',
      'g.y',
      'g0',
      'p/aa/2',
      'p/aa/10',
      'p/ab/1',
      'p/b',
      's/agent/000000000002-x',
      's/agent/000000000010-y',
    ]
    for (const key of keys.toReversed()) await store().put(key, text(key))
    expect(await keysOf(store(), '')).toEqual(keys.toSorted())
    expect(await keysOf(store(), 'p/')).toEqual(['p/aa/10', 'p/aa/2', 'p/ab/1', 'p/b'])
    expect(await keysOf(store(), 'p/a')).toEqual(['p/aa/10', 'p/aa/2', 'p/ab/1'])
    expect(await keysOf(store(), 'p/aa/1')).toEqual(['p/aa/10'])
    expect(await keysOf(store(), 'g')).toEqual(['g-x', 'g.y', 'g/1', 'g0'])
    expect(await keysOf(store(), 'nothing/here')).toEqual([])
    expect(await keysOf(store(), 'a/')).toEqual([])
  })

  test('sizes are listed, and a deletion or a stop on the way is no error', async () => {
    for (const key of ['k/1', 'k/2', 'k/3', 'm/4']) await store().put(key, text(key.repeat(2)))
    const seen: string[] = []
    for await (const { key, sizeBytes } of store().list('')) {
      expect(sizeBytes).toBe(6)
      if (seen.length === 0) await store().delete('m/4')
      seen.push(key)
    }
    expect(seen.slice(0, 3)).toEqual(['k/1', 'k/2', 'k/3'])
    for await (const { key } of store().list('k/')) {
      expect(key).toBe('k/1')
      break
    }
  })
}

function testStaging(store: () => ObjectStore): void {
  test('a staged object can be read back, is invisible until its commit, and whole after it', async () => {
    const staged = await store().stage()
    await staged.write(text('abc'))
    await staged.write(text(''))
    await staged.write(text('defg'))
    expect(staged.sizeBytes).toBe(7)
    expect(await staged.read(2, 3)).toEqual(text('cde'))
    await expect(staged.read(5, 3)).rejects.toEqual(withCode('store.io-error'))
    await staged.write(text('h'))
    expect(await keysOf(store(), '')).toEqual([])
    await staged.commit('p/00/pack')
    expect(await store().get('p/00/pack')).toEqual(text('abcdefgh'))
    await staged.discard()
    expect(await store().head('p/00/pack')).toEqual({ sizeBytes: 8 })
  })

  test('a commit does not replace, and may be tried under another key', async () => {
    await store().put('taken', text('old'))
    const staged = await store().stage()
    await staged.write(text('new'))
    await expect(staged.commit('taken')).rejects.toEqual(withCode('store.exists'))
    await expect(staged.commit('a/../b')).rejects.toEqual(withCode('store.invalid-key'))
    await staged.commit('free')
    expect(await store().get('taken')).toEqual(text('old'))
    expect(await store().get('free')).toEqual(text('new'))
  })

  test('a discarded object leaves nothing and is used no more', async () => {
    const staged = await store().stage()
    await staged.write(text('x'))
    await staged.discard()
    await staged.discard()
    await expect(staged.write(text('y'))).rejects.toEqual(withCode('invariant.broken'))
    await expect(staged.commit('key')).rejects.toEqual(withCode('invariant.broken'))
    expect(await keysOf(store(), '')).toEqual([])
  })

  test('a signal aborted on the way stops the next step', async () => {
    const abort = new AbortController()
    const staged = await store().stage({ signal: abort.signal })
    await staged.write(text('x'))
    abort.abort()
    await expect(staged.write(text('y'))).rejects.toEqual(withCode('cancelled'))
    await expect(staged.commit('key')).rejects.toEqual(withCode('cancelled'))
    await staged.discard()
    expect(await keysOf(store(), '')).toEqual([])
  })
}

function testRaces(store: () => ObjectStore): void {
  test('of many writers of one key exactly one wins, and its bytes stay', async () => {
    for (let round = 0; round < 5; round++) {
      const key = `race/${round}`
      const results = await Promise.allSettled(Array.from({ length: 12 }, (_, i) => store().put(key, text(`writer ${i}`))))
      const winners = results.flatMap((result, i) => (result.status === 'fulfilled' ? [i] : []))
      expect(winners).toHaveLength(1)
      for (const result of results) if (result.status === 'rejected') expect(result.reason).toEqual(withCode('store.exists'))
      expect(await store().get(key)).toEqual(text(`writer ${winners[0]}`))
    }
  })

  test('many ranges read at once, of more objects than files may be open, are each right', async () => {
    const keys = Array.from({ length: 20 }, (_, i) => `many/${i}`)
    await Promise.all(keys.map((key, i) => store().put(key, new Uint8Array(1000).fill(i))))
    const reads = Array.from({ length: 400 }, (_, n) => ({ i: (n * 7) % keys.length, offset: (n * 13) % 900, length: n % 100 }))
    const answers = await Promise.all(reads.map(({ i, offset, length }) => store().get(`many/${i}`, { offset, length })))
    for (const [n, { i, length }] of reads.entries()) expect(answers[n]).toEqual(new Uint8Array(length).fill(i))
  })
}
