import { randomBytes } from 'node:crypto'
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, readlinkSync, rmSync, writeFileSync, writeSync } from 'node:fs'
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
    const { starts, places } = await index.find(first, Buffer.concat([ids[2]!, randomBytes(32), ids[0]!]), 100)
    expect([[...starts], [...places]]).toEqual([
      [0, 1, 1, 2],
      [5, 2, 5, 0],
    ])
    expect([...(await index.find(second, ids[0]!, 100)).starts]).toEqual([0, 0])
    expect(told).toEqual([])
  })

  test('holds more than its memory should, and lets who adds wait for it', async () => {
    const index = anIndex()
    const domain = index.openDomain()
    const kept = someIds(2)
    // Five tables of 131,072, and 20 MB: without a wait all of them would be on their way at once.
    let waits = 0
    for (let pack = 0; pack < 10; pack++) {
      let isTaken = false
      const added = index.add(domain, pack, [...someIds(65_536), kept[pack % 2]!]).then(() => (isTaken = true))
      // A promise that waits for nothing is through after a few turns of the queue.
      for (let turn = 0; turn < 10; turn++) await Promise.resolve()
      if (!isTaken) waits++
      if (pack === 9) await added
    }
    expect(waits).toBeGreaterThan(0)
    expect(waits).toBeLessThan(10)
    const { places } = await index.find(domain, Buffer.concat(kept), 100)
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
    expect([...(await index.find(domain, ids[131_071]!, 100)).places]).toEqual([0, 131_071])
    expect(told).toEqual([expect.stringMatching(/^E[A-Z]+:/)])
  })

  test('removes at its start what is its own, and nothing else', async () => {
    writeFileSync(join(folder, '3f1c0f4e-8a43-4c55-9a9c-0d8a3ad0f4ab'), 'left by a process that was killed')
    writeFileSync(join(folder, 'vault.json'), 'somebody keeps a store here')
    mkdirSync(join(folder, '3f1c0f4e-8a43-4c55-9a9c-0d8a3ad0f4ac'))
    await anIndex().clear()
    expect(readdirSync(folder)).toEqual(['3f1c0f4e-8a43-4c55-9a9c-0d8a3ad0f4ac', 'vault.json'])
    await anIndex(join(folder, 'none')).clear()
  })

  test('answers nobody any more once it is closed', async () => {
    const index = anIndex()
    const domain = index.openDomain()
    await index.add(domain, 0, someIds(1))
    const asked = index.find(domain, randomBytes(32), 100)
    const closed = index.close()
    await expect(asked).rejects.toMatchObject({ code: 'store.unavailable' })
    await closed
    await expect(index.find(domain, randomBytes(32), 100)).rejects.toMatchObject({ code: 'store.unavailable' })
    await expect(index.add(domain, 1, someIds(1))).rejects.toMatchObject({ code: 'store.unavailable' })
    expect(told).toEqual([])
  })

  test.skipIf(process.platform !== 'linux')('tells once that it is of no use any more', async () => {
    const index = anIndex()
    const domain = index.openDomain()
    const ids = someIds(131_072)
    await index.add(domain, 0, ids)
    await index.find(domain, ids[0]!, 100)
    overwriteFiles(folder)
    await expect(index.find(domain, ids[0]!, 100)).rejects.toMatchObject({ code: 'store.unavailable' })
    await expect(index.find(domain, ids[0]!, 100)).rejects.toMatchObject({ code: 'store.unavailable' })
    await expect(index.add(domain, 1, someIds(1))).rejects.toMatchObject({ code: 'store.unavailable' })
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
