import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isEngineError } from '../src/errors/index.ts'
import { blobTypes } from '../src/format/index.ts'
import { TreeReader } from '../src/reader/index.ts'
import type { BlobSink } from '../src/vault/index.ts'
import { laterClock, realClock, Workplace, type BackupResult } from './testing/backup-and-restore.ts'
import { differences, makeNastyTree, pattern } from './testing/nasty-tree.ts'

let work: Workplace
let source: string
beforeEach(() => {
  work = new Workplace()
  source = work.path('source')
  mkdirSync(source)
})
afterEach(() => work[Symbol.dispose]())

/** What a backup that knows nothing makes of the same files. */
const fullRoot = async (): Promise<string> => (await work.backUp([source], { previous: null })).root

async function expectRestores(backup: BackupResult): Promise<void> {
  const target = work.path(`target-${backup.root.slice(0, 8)}`)
  await work.restore(backup, target, { flat: true })
  expect(differences(source, target)).toBe('')
}

test('a second backup reads no file, sends nothing and asks nothing', async () => {
  makeNastyTree(source)
  const first = await work.backUp([source])
  const second = await work.backUp([source])
  expect(second).toMatchObject({
    filesRead: 0,
    bytesRead: 0,
    filesNew: 0,
    filesChanged: 0,
    filesUnchanged: first.files,
    status: 'complete',
  })
  expect(second.statistics.dataPackBytes).toBe(0)
  // The folders above the source hold the catalogue and so did change: theirs are the only pages that are not as they were.
  expect(second.statistics.blobsNew).toBeLessThanOrEqual(3)
  // … and attributes of what is no file are asked for each time; four such sets are in the tree.
  expect(second.idsAsked).toBeLessThanOrEqual(3 + 4)
  await expectRestores(second)
})

/** Every page, list and chunk that a snapshot leads to. */
async function* reachable(page: Uint8Array, vault = work.vault.newSource()): AsyncGenerator<Uint8Array> {
  const lists: Uint8Array[] = []
  const reader = new TreeReader((type, id) => {
    if (type === blobTypes.contentList) lists.push(id)
    return vault.read(type, id)
  })
  yield page
  for await (const entry of reader.entries(page)) {
    if (entry.type === 'folder') yield* reachable(entry.page, vault)
    if (entry.type === 'file') for await (const { item } of reader.items(entry)) if (item.kind === 'data') yield item.id
  }
  yield* lists
}

test('whatever a snapshot leads to is in its refset, read or adopted', async () => {
  makeNastyTree(source)
  writeFileSync(`${source}/large`, pattern(50_000_000, 2))
  for (const backup of [await work.backUp([source]), await work.backUp([source])]) {
    const vault = work.vault.newSource()
    let count = 0
    for await (const id of reachable(backup.rootPage)) {
      const [place] = await vault.locate([id])
      expect(backup.refset.has(Buffer.from(place!.packId).toString('hex'), place!.ordinal)).toBe(true)
      count++
    }
    expect(count).toBeGreaterThan(80)
  }
})

test('one changed byte in 50 MB stores a few chunks', async () => {
  writeFileSync(`${source}/large`, pattern(50_000_000, 1))
  await work.backUp([source])
  const fd = openSync(`${source}/large`, 'r+')
  writeSync(fd, 'x', 25_000_000)
  closeSync(fd)
  const second = await work.backUp([source])
  expect(second).toMatchObject({ filesRead: 1, filesChanged: 1 })
  expect(second.statistics.dataPackBytes).toBeLessThan(9 * 1024 * 1024)
  await expectRestores(second)
})

test('an unchanged file of many chunks keeps its list of contents and all its chunks, one after the other', async () => {
  writeFileSync(`${source}/large`, pattern(60_000_000, 2))
  const first = await work.backUp([source])
  const previous = work.openCatalogue()!
  const sink = work.vault.newSession()
  const [locationOf, adopt] = [previous.locationOf.bind(previous), sink.adopt.bind(sink)]
  let placesInHand = 0
  let mostPlaces = 0
  previous.locationOf = (ticket) => {
    mostPlaces = Math.max(mostPlaces, ++placesInHand)
    return locationOf(ticket)
  }
  sink.adopt = (id, place) => {
    placesInHand--
    return adopt(id, place)
  }
  const second = await work.backUp([source], { previous, sink })
  expect(mostPlaces).toBe(1)
  expect(second).toMatchObject({ filesRead: 0, root: await fullRoot() })
  expect(first.statistics.blobsNew).toBeGreaterThan(33)
  await expectRestores(second)
})

/** Ways to change a file that leave as much as possible as it was. */
const changes: Record<string, (path: string) => void> = {
  'other bytes, same size and modification time': (path) => {
    const { atime, mtime } = statSync(path)
    writeFileSync(path, 'AFTER.')
    utimesSync(path, atime, mtime)
  },
  'another file of the same size and modification time moved over it': (path) => {
    const { atime, mtime } = statSync(path)
    writeFileSync(`${path}.new`, 'AFTER.')
    utimesSync(`${path}.new`, atime, mtime)
    renameSync(`${path}.new`, path)
  },
  'other permissions only': (path) => chmodSync(path, 0o640),
  'some bytes more': (path) => appendFileSync(path, '!'),
  'no bytes left': (path) => truncateSync(path, 0),
}
test.each(Object.entries(changes))('sees %s', async (_, change) => {
  writeFileSync(`${source}/file`, 'before')
  await work.backUp([source])
  change(`${source}/file`)
  const second = await work.backUp([source])
  expect(second.root).toBe(await fullRoot())
  await expectRestores(second)
})

test('a write in the same tick as the look before is seen', async () => {
  for (let round = 0; round < 6; round++) {
    writeFileSync(`${source}/file`, `${round}`.padStart(1000))
    const backup = await work.backUp([source], { clock: realClock })
    expect(backup).toMatchObject({ filesRead: 1 })
    expect(backup.root).toBe(await fullRoot())
  }
})

test('a file with a modification time in the future is believed, one that changed just now is not', async () => {
  writeFileSync(`${source}/future`, 'x')
  execFileSync('touch', ['-d', '2100-01-01', `${source}/future`])
  writeFileSync(`${source}/old`, 'x')
  await work.backUp([source])
  expect(await work.backUp([source])).toMatchObject({ filesRead: 0 })
  // A second after they changed, however long the backups before took.
  const aSecondLater = statSync(`${source}/future`).ctimeMs + 1000
  await work.backUp([source], { clock: { ...realClock, nowMs: () => aSecondLater }, previous: null })
  expect(await work.backUp([source])).toMatchObject({ filesRead: 2, filesUnchanged: 2 })
})

test('with any byte of the catalogue changed the snapshot is the same as without one', async () => {
  for (let index = 0; index < 40; index++) writeFileSync(`${source}/file-${index}`, pattern(250 + index, index))
  mkdirSync(`${source}/folder`)
  writeFileSync(`${source}/folder/tiny`, 'tiny')
  await work.backUp([source])
  const good = readFileSync(work.cataloguePath)
  const rootOf = (backup: BackupResult): string => Buffer.from(backup.roots[0]!).toString()
  const expected = await fullRoot()
  let damaged = 0
  for (let offset = 0; offset < good.length; offset += 97) {
    const bad = Buffer.from(good)
    bad[offset]! ^= 1 << (offset % 8)
    writeFileSync(work.cataloguePath, bad)
    let previous
    try {
      previous = work.openCatalogue()
    } catch (error) {
      expect(isEngineError(error, 'catalogue.damaged')).toBe(true)
      damaged++
      continue
    }
    const backup = await work.backUp([source], { previous })
    expect(rootOf(backup)).toBe(source)
    damaged += Number(backup.damagedCatalogueParts > 0)
    expect(backup.root).toBe(expected)
  }
  expect(damaged).toBeGreaterThan(good.length / 97 / 2)
})

const once = (happen: () => void): (() => void) => {
  let isDone = false
  return () => {
    if (!isDone) happen()
    isDone = true
  }
}

/** A sink that lets something happen while a file is being read. */
function sinkWith(sink: BlobSink, onData: () => void): BlobSink {
  return new Proxy(sink, {
    get(of, key) {
      if (key === 'push') {
        return (length: number) => {
          onData()
          return of.push(length)
        }
      }
      const value: unknown = Reflect.get(of, key, of)
      return typeof value === 'function' ? value.bind(of) : value
    },
  })
}

test('a file that changes once while it is read is read again, and kept whole', async () => {
  writeFileSync(`${source}/log`, pattern(1_000_000, 1))
  const backup = await work.backUp([source], {
    sink: sinkWith(
      work.vault.newSession(),
      once(() => appendFileSync(`${source}/log`, 'more')),
    ),
  })
  expect(backup).toMatchObject({ status: 'complete', warningCount: 0, bytes: 1_000_004 })
  await expectRestores(backup)
})

test('a file that never stops changing is kept with as many bytes as were read, told, and read again next time', async () => {
  writeFileSync(`${source}/log`, pattern(1_000_000, 1))
  const backup = await work.backUp([source], { sink: sinkWith(work.vault.newSession(), () => appendFileSync(`${source}/log`, 'more')) })
  expect(backup).toMatchObject({ status: 'complete-with-errors', files: 1, errors: 0 })
  expect(backup.told.map(({ path, error }) => [path, error.code])).toEqual([[`${source}/log`, 'source.changed']])
  const restored = await work.restore(backup, work.path('target'), { flat: true })
  expect(restored.filesWritten).toBe(1)
  expect(statSync(work.path('target/log')).size).toBe(backup.bytes)
  expect(await work.backUp([source])).toMatchObject({ filesRead: 1, status: 'complete' })
})

test.each([
  ['before it is opened', 'FileArchiver.read'],
  ['while it is read', 'isLate'],
])('other names of a file keep its content where one of them is given to another file %s', async (_when, where) => {
  for (const folder of ['cur', 'd1', 'd2']) mkdirSync(`${source}/${folder}`)
  writeFileSync(`${source}/cur/db`, pattern(5000, 1))
  execFileSync('sh', ['-ec', 'for folder in d1 d2; do ln cur/db $folder/db; done'], { cwd: source })
  const replace = once(() => {
    writeFileSync(work.path('new'), pattern(5000, 2))
    renameSync(work.path('new'), `${source}/cur/db`)
    utimesSync(`${source}/cur`, 1, 1)
  })
  utimesSync(`${source}/cur`, 1, 1)
  const askedAt = (): void => {
    if (new Error('where').stack?.includes(where) === true) replace()
  }
  const clock = {
    nowMs: () => (askedAt(), laterClock.nowMs()),
    monotonicMs: () => (askedAt(), laterClock.monotonicMs()),
  }
  const backup = await work.backUp([source], { clock })
  expect(backup).toMatchObject({ status: 'complete', files: 3, filesRead: 2 })
  await expectRestores(backup)
})

test('a linked file that grows while its first name is read stays one file', async () => {
  writeFileSync(`${source}/a`, pattern(5000, 1))
  execFileSync('ln', ['a', 'b'], { cwd: source })
  const grow = once(() => appendFileSync(`${source}/a`, 'more'))
  const backup = await work.backUp([source], { sink: sinkWith(work.vault.newSession(), grow) })
  expect(backup).toMatchObject({ status: 'complete', files: 2, filesRead: 1 })
  await expectRestores(backup)
})

test('a file that shrinks while it is read is kept as what could be read', async () => {
  writeFileSync(`${source}/log`, pattern(20_000_000, 1))
  let size = 20_000_000
  const backup = await work.backUp([source], {
    sink: sinkWith(work.vault.newSession(), () => truncateSync(`${source}/log`, (size = Math.max(0, size - 3_000_000)))),
  })
  await work.restore(backup, work.path('target'), { flat: true })
  expect(statSync(work.path('target/log')).size).toBe(backup.bytes)
})

test('what disappears between listing and looking is left out without a word, also where it is made again', async () => {
  for (const name of ['a', 'b', 'c']) writeFileSync(`${source}/${name}`, pattern(1000, 1))
  mkdirSync(`${source}/d`)
  const happenings = [
    () => {
      unlinkSync(`${source}/b`)
      rmSync(`${source}/d`, { recursive: true })
    },
    () => writeFileSync(`${source}/b`, 'again'),
  ]
  const backup = await work.backUp([source], { sink: sinkWith(work.vault.newSession(), () => happenings.shift()?.()) })
  expect(backup).toMatchObject({ status: 'complete', files: 2, vanished: 2, warningCount: 0 })
})

test.each([
  ['below a source', 'disk', { code: 'source.changed', status: 'complete-with-errors' }, (): void => mkdirSync(`${source}/disk`)],
  ['that was a source', '', { code: 'source.not-found', status: 'partial' }, (): void => undefined],
] as const)('a disk %s that is taken away during the backup is told', async (_where, disk, { code, status }, leave) => {
  mkdirSync(`${source}/disk/deep`, { recursive: true })
  for (const name of ['a', 'b']) writeFileSync(`${source}/disk/deep/${name}`, pattern(500, 1))
  writeFileSync(`${source}/disk/e`, '')
  const lost = join(source, disk)
  const takeAway = once(() => {
    renameSync(lost, work.path('away'))
    leave()
  })
  const backup = await work.backUp([source], { sink: sinkWith(work.vault.newSession(), takeAway) })
  expect(backup).toMatchObject({ status, files: 1, vanished: 2 })
  expect(backup.told.map(({ path, error }) => [path, error.code])).toEqual([[lost, code]])
})

test('a source that is a file and goes away before it is read is told', async () => {
  const file = work.path('file')
  writeFileSync(file, 'content')
  const nowMs = (): number => {
    // Asked once more before a file is read: by then it was looked at.
    if (new Error('where').stack?.includes('FileArchiver.read') === true) rmSync(file, { force: true })
    return laterClock.nowMs()
  }
  const backup = await work.backUp([file], { clock: { ...laterClock, nowMs } })
  expect(backup).toMatchObject({ status: 'partial', files: 0, errors: 1, vanished: 0 })
  expect(backup.told.map(({ path, error }) => [path, error.code])).toEqual([[file, 'source.not-found']])
})

test('a folder that is exchanged for a symlink during the backup leads nowhere else', async () => {
  mkdirSync(`${source}/folder`)
  mkdirSync(work.path('private'))
  for (const folder of [`${source}/folder`, work.path('private')])
    for (const name of ['a', 'b']) writeFileSync(`${folder}/${name}`, pattern(500, folder.length))
  const sink = sinkWith(
    work.vault.newSession(),
    once(() => {
      renameSync(`${source}/folder`, `${source}/moved`)
      execFileSync('ln', ['-s', work.path('private'), `${source}/folder`])
    }),
  )
  const backup = await work.backUp([source], { sink })
  await work.restore(backup, work.path('target'), { flat: true })
  const secret = readFileSync(work.path('private/b'))
  for (const name of ['a', 'b']) expect(readFileSync(work.path('target/folder', name)).equals(secret)).toBe(false)
})
