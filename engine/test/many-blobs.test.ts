import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openCatalogue } from '../src/archiver/index.ts'
import { Refset } from '../src/format/index.ts'
import { InlineSealer, SessionSink } from '../src/vault/index.ts'
import { Workplace, type BackupResult } from './testing/backup-and-restore.ts'

/** A page of tickets and some more, so that one lies in the scratch file; every tenth has the content of one far before it. */
const files = 18_500
const filesPerFolder = 500

let work: Workplace
let source: string
let told: unknown[]
beforeEach(() => {
  work = new Workplace()
  source = work.path('source')
  told = []
  for (let file = 0; file < files; file++) {
    const folder = `${source}/${String(Math.floor(file / filesPerFolder)).padStart(3, '0')}`
    if (file % filesPerFolder === 0) mkdirSync(folder, { recursive: true })
    const content = file % 10 === 9 ? Math.floor(file / 20) : file
    writeFileSync(`${folder}/${String(file).padStart(6, '0')}`, `content ${content} `.repeat(40))
  }
}, 120_000)
afterEach(() => work[Symbol.dispose]())

const usual = { heldBytes: 64 * 1024 * 1024, slabs: 8 }

function newSink(ticketPages: number, scratchPath: string): SessionSink {
  const scratch = { path: scratchPath, onUnwritable: (error: unknown) => told.push(error) }
  const { keys, hub } = work.vault
  return new SessionSink(keys, { ...hub.sessionPorts, scratch }, (onPack) => new InlineSealer(keys, onPack), { ...usual, ticketPages })
}

interface Made {
  readonly backup: BackupResult
  /** Of each blob, as its catalogue says. */
  readonly places: ReadonlySet<string>
}

async function backUp(sink: SessionSink, previous: 'none' | 'last'): Promise<Made> {
  const backup = await work.backUp([source], previous === 'none' ? { sink, previous: null } : { sink })
  const refset = Refset.decode(sink.refset())
  sink.close()
  const catalogue = openCatalogue(work.cataloguePath, { ...work.vault.keys, chunker: 'standard' })!
  const places = Array.from({ length: sink.ticketCount }, (_, ticket) => catalogue.locationOf(ticket)!)
  catalogue.close()
  const segments = new Set(places.map(({ packId, ordinal }) => `${Buffer.from(packId).toString('hex')} ${ordinal}`))
  expect(new Set([...refset.segments()].map(({ packIdHex, ordinal }) => `${packIdHex} ${ordinal}`))).toEqual(segments)
  return { backup, places: new Set(places.map((place) => JSON.stringify(place))) }
}

/** But for the pages of the folders above the source, which change with the work itself. */
function expectSame(one: Made, other: Made): void {
  expect(one.backup.root).toBe(other.backup.root)
  expect(one.places.size).toBe(other.places.size)
  expect([...one.places].filter((place) => !other.places.has(place)).length).toBeLessThan(5)
}

test('a backup of more blobs than it holds in memory is the same as one that holds them, read, adopted and restored', async () => {
  const scratchPath = work.path('scratch')
  const first = await backUp(newSink(1, scratchPath), 'none')
  expect(first.backup).toMatchObject({ files, status: 'complete', filesRead: files, catalogueProblem: null })
  expect(existsSync(scratchPath)).toBe(false)

  const unchanged = await backUp(newSink(1, scratchPath), 'last')
  expect(unchanged.backup).toMatchObject({ filesRead: 0, filesUnchanged: files, damagedCatalogueParts: 0 })
  expectSame(unchanged, first)

  const inMemory = await backUp(newSink(100, scratchPath), 'none')
  expectSame(inMemory, first)
  expect(told).toEqual([])

  await work.restore(unchanged.backup, work.path('target'), { flat: true })
  for (const folder of readdirSync(source)) {
    for (const name of readdirSync(`${source}/${folder}`).filter((_, index) => index % 7 === 0)) {
      const [was, is] = [source, work.path('target')].map((top) => readFileSync(`${top}/${folder}/${name}`))
      if (!is!.equals(was!)) expect.fail(`${folder}/${name} differs`)
    }
  }
})

test('a backup whose scratch file cannot be made keeps all in memory, and says so once', async () => {
  const first = await backUp(newSink(1, work.path('missing', 'scratch')), 'none')
  expect(first.backup).toMatchObject({ files, status: 'complete', warningCount: 0, catalogueProblem: null })
  expect(told).toMatchObject([{ code: 'ENOENT' }])
  expect(first.places.size).toBeGreaterThan(files * 0.9)
})
