import { randomBytes } from 'node:crypto'
import { closeSync, mkdtempSync, openSync, readdirSync, readlinkSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { BlobIndex } from './blob-index.ts'

let folder: string
let told: string[]
const open: BlobIndex[] = []

function anIndex(at = folder): BlobIndex {
  const index = new BlobIndex({
    folder: at,
    onUnwritable: (message) => told.push(message),
    onFailure: (error) => told.push(error.message),
  })
  open.push(index)
  return index
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-index-'))
  told = []
})
afterEach(async () => {
  for (const index of open.splice(0)) await index.close()
  rmSync(folder, { recursive: true, force: true })
})

function someIds(count: number): Buffer[] {
  const bytes = randomBytes(count * 32)
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * 32, (index + 1) * 32))
}

describe('the index of a hub', () => {
  test('finds what was added before the question, in its own domain only', async () => {
    const index = anIndex()
    const [first, second] = [index.openDomain(), index.openDomain()]
    const ids = someIds(3)
    void index.add(first, 5, ids)
    const { starts, places } = await index.find(first, Buffer.concat([ids[2]!, randomBytes(32), ids[0]!]))
    expect([[...starts], [...places]]).toEqual([
      [0, 1, 1, 2],
      [5, 2, 5, 0],
    ])
    expect([...(await index.find(second, ids[0]!)).starts]).toEqual([0, 0])
    expect(told).toEqual([])
  })

  test('holds more than its memory should, and takes no more than it can carry away', async () => {
    const index = anIndex()
    const domain = index.openDomain()
    const kept = someIds(2)
    // Five tables of 131,072.
    for (let pack = 0; pack < 10; pack++) await index.add(domain, pack, [...someIds(65_536), kept[pack % 2]!])
    const { places } = await index.find(domain, Buffer.concat(kept))
    expect([...places]).toEqual([0, 2, 4, 6, 8, 1, 3, 5, 7, 9].flatMap((pack) => [pack, 65_536]))
    expect(told).toEqual([])
  })

  test('says that it cannot write, and answers all the same', async () => {
    const taken = join(folder, 'taken')
    writeFileSync(taken, 'a file where a folder should be')
    const index = anIndex(taken)
    const domain = index.openDomain()
    const ids = someIds(131_072)
    await index.add(domain, 0, ids)
    expect([...(await index.find(domain, ids[131_071]!)).places]).toEqual([0, 131_071])
    expect(told).toEqual([expect.stringContaining('E')])
  })

  test('answers nobody any more once it is closed', async () => {
    const index = anIndex()
    const domain = index.openDomain()
    await index.add(domain, 0, someIds(1))
    const asked = index.find(domain, randomBytes(32))
    const closed = index.close()
    await expect(asked).rejects.toMatchObject({ code: 'cancelled' })
    await closed
    await expect(index.find(domain, randomBytes(32))).rejects.toMatchObject({ code: 'cancelled' })
    await expect(index.add(domain, 1, someIds(1))).rejects.toMatchObject({ code: 'cancelled' })
    expect(told).toEqual([])
  })

  test.skipIf(process.platform !== 'linux')('tells once that it is of no use any more', async () => {
    const index = anIndex()
    const domain = index.openDomain()
    const ids = someIds(131_072)
    await index.add(domain, 0, ids)
    await index.find(domain, ids[0]!)
    overwriteFiles(folder)
    await expect(index.find(domain, ids[0]!)).rejects.toMatchObject({ code: 'invariant.broken' })
    await expect(index.find(domain, ids[0]!)).rejects.toMatchObject({ code: 'invariant.broken' })
    await expect(index.add(domain, 1, someIds(1))).rejects.toMatchObject({ code: 'invariant.broken' })
    expect(told).toEqual([expect.stringContaining('looks up blobs')])
  })
})

/** What this process has open there, though it has no name any more: zeroes, as a disk gives them that forgot. */
function overwriteFiles(within: string): void {
  for (const file of readdirSync('/proc/self/fd')) {
    const path = `/proc/self/fd/${file}`
    try {
      if (!readlinkSync(path).startsWith(within)) continue
    } catch {
      continue // Closed meanwhile.
    }
    const through = openSync(path, 'r+')
    writeSync(through, new Uint8Array(131_072 * 40), 0, 131_072 * 40, 0)
    closeSync(through)
  }
}
