import { randomBytes } from 'node:crypto'
import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ContentReader } from '../src/archiver/content-reader.ts'
import { Pacer } from '../src/run-control/index.ts'
import { openFile, readFileMetadata, type OpenFile } from '../src/source/index.ts'
import { TestVault } from './testing/a-vault.ts'
import { realClock } from './testing/backup-and-restore.ts'

let folder: string
let reader: ContentReader
beforeEach(() => {
  folder = mkdtempSync(`${tmpdir()}/hf-content-`)
  const vault = new TestVault()
  const pacer = new Pacer({ clock: realClock, signal: new AbortController().signal, report: () => undefined })
  reader = new ContentReader(vault.newSession(), pacer, vault.keys.cdcKey, 'standard')
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Kept as they are, one blob, cut in the middle of the chunker's buffer, and cut where a read ends with the file. */
const sizes = [0, 1, 150, 200, 201, 5000, 262_143, 262_144, 1_000_000, 4_194_304, 8_388_608, 9_000_000]

test.each(sizes)('a file of %i bytes is read whole, and one that goes on behind them is told', async (size) => {
  const path = `${folder}/file`
  const openAsSized = (): OpenFile => {
    const fd = openSync(path, 'r')
    return { fd, metadata: { ...readFileMetadata(fd), size } }
  }
  writeFileSync(path, randomBytes(size))
  expect(await reader.read(openAsSized)).toMatchObject({ size, goesOn: false, isTorn: false })
  writeFileSync(path, randomBytes(size + 1))
  expect(await reader.read(openAsSized)).toMatchObject({ size, goesOn: true, isTorn: true })
  expect(reader.bytesRead).toBe(size * 4)
})

// Linux alone has /proc, whose files say that they are empty.
test.runIf(process.platform === 'linux')('a file whose file system says that it is empty is not taken for it', async () => {
  expect(await reader.read(() => openFile(Buffer.from('/proc/version')))).toMatchObject({ size: 0, goesOn: true, isTorn: true })
})
