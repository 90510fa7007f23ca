import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { codecs, packKinds, readSegmentHeader, type Codec, type PackKind } from '../src/format/index.ts'
import { checkPack, InlineSealer, WorkerSealer, type Compression, type Pack, type Sealer } from '../src/vault/index.ts'
import { aLog } from '../src/vault/testing/a-log.ts'
import { Workplace, type BackupResult } from './testing/backup-and-restore.ts'
import { differences } from './testing/nasty-tree.ts'

let work: Workplace
let source: string
beforeEach(() => {
  work = new Workplace()
  source = work.path('source')
  mkdirSync(source)
})
afterEach(() => work[Symbol.dispose]())

const compressions: readonly Compression[] = ['off', 'fast', 'strong']
type MakeSealer = (compression: Compression) => (onPack: (pack: Pack) => void) => Sealer
const sealers: Readonly<Record<string, MakeSealer>> = {
  'on the calling thread': (compression) => (onPack) => new InlineSealer(work.vault.keys, onPack, { compression }),
  'on two threads': (compression) => (onPack) => new WorkerSealer(work.vault.keys, onPack, 2, compression),
}

function makeTree(): void {
  mkdirSync(`${source}/many`)
  for (let index = 0; index < 300; index++) writeFileSync(`${source}/many/a file with number ${index}`, aLog(300 + index * 7))
  writeFileSync(`${source}/text`, aLog(3_000_000))
  writeFileSync(`${source}/random`, randomBytes(3_000_000))
  writeFileSync(`${source}/empty`, '')
}

async function backUp(compression: Compression, make = sealers['on the calling thread']): Promise<BackupResult> {
  const sink = work.vault.newSession(make?.(compression))
  const backup = await work.backUp([source], { sink, previous: null })
  return { ...backup, statistics: sink.statistics }
}

/** Of all segments that the vault holds. */
function codecsOf(kind: PackKind): readonly Codec[] {
  const packs = [...work.vault.hub.packs.values()].filter((pack) => pack.kind === kind)
  return packs.flatMap(({ bytes }) => checkPack(bytes).segments.map(({ offset }) => readSegmentHeader(bytes.subarray(offset)).codec))
}

describe.each(Object.entries(sealers))('sealed %s', (_, make) => {
  test.each(compressions)('a tree comes back as it was: %s', async (compression) => {
    makeTree()
    const backup = await backUp(compression, make)
    const target = work.path('target')
    expect(await work.restore(backup, target, { flat: true })).toMatchObject({ status: 'complete', told: [] })
    expect(differences(source, target)).toBe('')
  })

  test('off stores contents as they are; what describes them is compressed all the same', async () => {
    makeTree()
    await backUp('off', make)
    expect(new Set(codecsOf(packKinds.data))).toEqual(new Set([codecs.stored]))
    expect(codecsOf(packKinds.metadata)).toContain(codecs.zstd)
  })
})

test.each(compressions)('what cannot be compressed is stored as it is: %s', async (compression) => {
  for (let index = 0; index < 10; index++) writeFileSync(`${source}/${index}`, randomBytes(40_000 * (index + 1)))
  await backUp(compression)
  expect(new Set(codecsOf(packKinds.data))).toEqual(new Set([codecs.stored]))
})

test('text takes less room the more is done for it, and one vault holds what was written by all three', async () => {
  const kept: number[] = []
  const backups: BackupResult[] = []
  for (const compression of compressions) {
    // Each with contents of its own: what the vault has already is not sent again, however it is compressed.
    writeFileSync(`${source}/text`, aLog(4_000_000))
    const backup = await backUp(compression)
    kept.push(backup.statistics.dataPackBytes)
    backups.push(backup)
  }
  const [off = 0, fast = 0, strong = 0] = kept
  expect(off).toBeGreaterThan(4_000_000)
  expect(fast).toBeLessThan(off / 2)
  expect(strong).toBeLessThan(fast)
  expect(new Set(codecsOf(packKinds.data))).toEqual(new Set([codecs.stored, codecs.zstd]))
  for (const [index, backup] of backups.entries())
    expect(await work.restore(backup, work.path(`target-${index}`), { flat: true })).toMatchObject({ status: 'complete', told: [] })
})

test('another compression sends no contents again', async () => {
  makeTree()
  const first = await backUp('fast')
  const second = await backUp('strong')
  expect(second.statistics).toMatchObject({ dataPackBytes: 0 })
  expect(second.root).toBe(first.root)
})
