import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { pruneCatalogues, scratchPath } from './known-files.ts'
import { sessionScratch } from './session-scratch.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hf-scratch-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('a backup that cannot write its scratch file says in its log why, and what that costs', () => {
  const said: unknown[][] = []
  const scratch = sessionScratch({ log: (...line) => void said.push(line) }, join(folder, 'a.catalogue'))
  expect(scratch.path).toBe(join(folder, 'a.catalogue.scratch'))
  scratch.onUnwritable(Object.assign(new Error('no space left'), { code: 'ENOSPC' }))
  expect(said).toEqual([['scratch.unwritable', expect.stringMatching(/ENOSPC.*memory.*Free space/), 'warn']])
})

test('the housekeeping takes away scratch files of killed runs and the oldest catalogues, and nothing that a run needs', () => {
  const catalogues = Array.from({ length: 26 }, (_, age) => join(folder, `${age}.catalogue`))
  for (const [age, path] of catalogues.entries()) {
    writeFileSync(path, '')
    utimesSync(path, 2_000_000_000 - age, 2_000_000_000 - age)
  }
  const pending = `${catalogues[0]}.new`
  for (const path of [pending, scratchPath(catalogues[0]!), scratchPath(join(folder, 'gone.catalogue'))]) writeFileSync(path, '')
  pruneCatalogues(folder)
  expect(readdirSync(folder).filter((name) => name.endsWith('.scratch'))).toEqual([])
  expect(catalogues.map((path) => existsSync(path))).toEqual(catalogues.map((_, age) => age < 24))
  expect(existsSync(pending)).toBe(true)
})

// Linux alone tells in /proc what a process has open.
test.runIf(process.platform === 'linux')(
  'it takes away unfinished catalogues that nobody has written to for two days, unless a run has them open',
  () => {
    const [fresh, left, inUse] = ['fresh', 'left', 'in-use'].map((name) => join(folder, `${name}.catalogue.new`)) as [
      string,
      string,
      string,
    ]
    for (const path of [fresh, left, inUse]) writeFileSync(path, '')
    const longAgo = Date.now() / 1000 - 49 * 60 * 60
    for (const path of [left, inUse]) utimesSync(path, longAgo, longAgo)
    const fd = openSync(inUse, 'r')
    pruneCatalogues(folder)
    closeSync(fd)
    expect(readdirSync(folder).toSorted()).toEqual(['fresh.catalogue.new', 'in-use.catalogue.new'])
  },
)
