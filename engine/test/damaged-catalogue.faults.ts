import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isEngineError } from '../src/errors/index.ts'
import { Workplace } from './testing/backup-and-restore.ts'
import { pattern } from './testing/nasty-tree.ts'

let work: Workplace
let source: string
beforeEach(async () => {
  work = new Workplace()
  source = work.path('source')
  mkdirSync(`${source}/folder`, { recursive: true })
  writeFileSync(`${source}/inline`, 'in the page itself')
  writeFileSync(`${source}/large`, pattern(300_000, 1))
  for (let n = 0; n < 3; n++) writeFileSync(`${source}/folder/${n}`, pattern(250 + n, n))
  await work.backUp([source])
})
afterEach(() => work[Symbol.dispose]())

/** What a backup makes of this catalogue; `refused` where it goes on without one. */
async function rootWith(catalogue: Uint8Array): Promise<{ readonly root: string; readonly damagedParts: number } | 'refused'> {
  writeFileSync(work.cataloguePath, catalogue)
  let previous: ReturnType<Workplace['openCatalogue']>
  try {
    previous = work.openCatalogue()
  } catch (error) {
    if (!isEngineError(error, 'catalogue.damaged')) throw error
    return 'refused'
  }
  const { root, damagedCatalogueParts } = await work.backUp([source], { previous })
  return { root, damagedParts: damagedCatalogueParts }
}

test('with any byte of the catalogue changed, or cut at any length, the snapshot is the same as without one', async () => {
  const good = readFileSync(work.cataloguePath)
  const { root: expected } = await work.backUp([source], { previous: null })
  let noticed = 0
  for (let at = 0; at < good.length; at++) {
    const flipped = Buffer.from(good)
    flipped[at]! ^= 1 << (at % 8)
    const found = await rootWith(flipped)
    if (found !== 'refused') expect(found.root, `byte ${at} flipped`).toBe(expected)
    noticed += Number(found === 'refused' || found.damagedParts > 0)
    expect(await rootWith(good.subarray(0, at)), `cut to ${at}`).toBe('refused')
  }
  expect(await rootWith(Buffer.concat([good, Buffer.alloc(1)]))).toBe('refused')
  // The rest lies in parts of folders above the source, which a backup does not ask for, and in the snapshot's id.
  expect(noticed).toBeGreaterThan(good.length / 2)
})

test('an older catalogue in the place of the last one costs reading, and nothing else', async () => {
  copyFileSync(work.cataloguePath, work.path('older'))
  writeFileSync(`${source}/large`, pattern(310_000, 2))
  writeFileSync(`${source}/folder/new`, pattern(300, 3))
  const { root: expected } = await work.backUp([source])
  expect(await rootWith(readFileSync(work.path('older')))).toEqual({ root: expected, damagedParts: 0 })
})
