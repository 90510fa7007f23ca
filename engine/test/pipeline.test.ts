import { randomBytes } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { EngineError } from '../src/errors/index.ts'
import { InlineSealer, SessionSink, WorkerSealer, type Pack, type Sealer } from '../src/vault/index.ts'
import { realClock, Workplace } from './testing/backup-and-restore.ts'
import { differences } from './testing/nasty-tree.ts'

let work: Workplace
let source: string
beforeEach(() => {
  work = new Workplace()
  source = work.path('source')
  mkdirSync(source)
})
afterEach(() => work[Symbol.dispose]())

type MakeSealer = (onPack: (pack: Pack) => void) => Sealer

/** Answers by chance, so that what came later is often done earlier. */
function unordered(onPack: (pack: Pack) => void): Sealer {
  const sealer = new InlineSealer(work.vault.keys, onPack)
  const late = async <T>(answer: Promise<T>): Promise<T> => {
    const done = await answer
    await pause(Math.random() * 20)
    return done
  }
  return {
    identify: (content) => late(sealer.identify(content)),
    seal: (bundles) => late(sealer.seal(bundles)),
    flush: () => sealer.flush(),
    close: () => sealer.close(),
  }
}

/** Several slabs of small files, equal ones among them, some behind a large one that is cut. */
function makeManyFiles(folder: string): void {
  const text = randomBytes(20_000).toString('hex')
  for (let index = 0; index < 800; index++) {
    const inner = `${folder}/${String(index % 30)}`
    mkdirSync(inner, { recursive: true })
    writeFileSync(`${inner}/${index}`, text.slice(0, 600 + ((index * 7919) % 20_000)))
  }
  for (let index = 0; index < 2; index++) writeFileSync(`${folder}/${index}/large`, randomBytes(6_000_000))
  linkSync(`${folder}/0/large`, `${folder}/1/linked`)
  linkSync(`${folder}/2/2`, `${folder}/3/linked`)
  mkdirSync(`${folder}/twins`)
  for (let index = 0; index < 100; index++) writeFileSync(`${folder}/twins/${index}`, text.slice(0, 600 + ((index * 7919) % 20_000)))
}

test('the snapshot is the same for any number of threads, and comes back as it was', async () => {
  makeManyFiles(source)
  const threads =
    (count: number): MakeSealer =>
    (onPack) =>
      new WorkerSealer(work.vault.keys, onPack, count)
  const roots: string[] = []
  for (const make of [threads(3), threads(1), unordered]) {
    const backup = await work.backUp([source], { sink: work.vault.newSession(make), previous: null })
    roots.push(backup.root)
  }
  const inline = await work.backUp([source], { previous: null })
  expect(roots).toEqual([inline.root, inline.root, inline.root])
  const target = work.path('target')
  await work.restore(inline, target, { flat: true })
  expect(differences(source, target)).toBe('')
})

test('what is read ahead of slow threads is bounded, and a cancelled backup does not wait for them', async () => {
  for (let index = 0; index < 40; index++) writeFileSync(`${source}/${index}`, randomBytes(2 * 2 ** 20))
  const stop = new AbortController()
  const { promise: hung, reject: giveUp } = Promise.withResolvers<never>()
  const sealer = (): Sealer => ({
    identify: () => hung,
    seal: () => hung,
    flush: () => hung,
    close: () => Promise.resolve(),
  })
  let bytesRead = 0
  const sink = work.vault.newSession(sealer)
  const backup = work.backUp([source], { sink, signal: stop.signal, onProgress: (progress) => (bytesRead = progress.bytesRead) })
  const refused = expect(backup).rejects.toMatchObject({ code: 'cancelled' })
  await pause(700)
  expect(bytesRead).toBeLessThanOrEqual(36 * 2 ** 20)
  stop.abort()
  giveUp(new EngineError('cancelled', 'The threads were stopped.'))
  await refused
  await sink.abandon()
})

test('a tree without content fills no more room than there is, and hears that the hub is gone before its end', async () => {
  // 24 folders with pages of 200 KB each.
  for (let index = 0; index < 1200; index++) {
    const inner = `${source}/${index % 24}`
    mkdirSync(inner, { recursive: true })
    symlinkSync(String(index).padStart(4000, '/x'), `${inner}/${index}`)
  }
  const gone = new EngineError('store.unavailable', 'The hub is gone.')
  let added = 0
  let heldWhenAsked = 0
  const sessions = { ...work.vault.hub.sessionPorts, have: () => ((heldWhenAsked = added), Promise.reject(gone)) }
  const sink = new SessionSink(work.vault.keys, sessions, (onPack) => new InlineSealer(work.vault.keys, onPack), {
    heldBytes: 2 ** 20,
    slabs: 2,
    ticketPages: 2,
  })
  const add = sink.add.bind(sink)
  sink.add = (type, bytes) => {
    added += bytes.length
    return add(type, bytes)
  }
  // Each turn is due.
  let nowMs = 0
  const clock = { ...realClock, monotonicMs: () => (nowMs += 20) }
  await expect(work.backUp([source], { sink, clock })).rejects.toBe(gone)
  expect(heldWhenAsked).toBeLessThan(1.5 * 2 ** 20)
  expect(added).toBe(heldWhenAsked)
  await sink.abandon()
})

test('a thread that fails ends the backup with its word, and leaves no catalogue', async () => {
  writeFileSync(`${source}/file`, randomBytes(100_000))
  const broken: MakeSealer = (onPack) => {
    const sealer = new InlineSealer(work.vault.keys, onPack)
    return {
      identify: (content) => sealer.identify(content),
      seal: async () => {
        await nextTurn()
        throw new EngineError('blob.id-mismatch', 'A segment did not open again.')
      },
      flush: () => sealer.flush(),
      close: () => sealer.close(),
    }
  }
  await expect(work.backUp([source], { sink: work.vault.newSession(broken) })).rejects.toMatchObject({ code: 'blob.id-mismatch' })
  expect(existsSync(work.cataloguePath) || existsSync(`${work.cataloguePath}.new`)).toBe(false)
})
