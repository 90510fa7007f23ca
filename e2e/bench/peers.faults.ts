import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { steps } from './figures.ts'
import { measureRounds } from './measure-rounds.ts'
import { findPeers } from './peers.ts'
import { makeSourceTree } from './source-tree.ts'
import { floors } from './targets.ts'
import type { Tool } from './tool.ts'

let folder: string
let source: string
let workFolder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-test-'))
  source = join(folder, 'source')
  workFolder = join(folder, 'work')
  for (const place of [source, workFolder]) mkdirSync(place)
  makeSourceTree(source, { files: 300, bytes: 3_000_000 })
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const found = await findPeers({ otherRestic: null, borgLz4: true })
const peers = found.tools.filter(({ name }) => !floors.includes(name))
const { signal } = new AbortController()
const options = {
  set: 'linux',
  rounds: 1,
  signal,
  tell: () => undefined,
  settleMs: 10,
  isRestoreCompared: true,
  steps,
  prepare: () => Promise.resolve(),
} as const

// `npm run bench` installs them; where nobody has run it there is nothing to test.
test.skipIf(found.missing.length > 0)('every peer takes its steps, restores what it has stored, and passes its own check', async () => {
  const samples = await measureRounds({ ...options, source, workFolder, tools: peers })
  expect(samples.map(({ tool, step }) => `${tool} ${step}`).toSorted()).toEqual(
    peers.flatMap(({ name, steps: known }) => known.map((step) => `${name} ${step}`)).toSorted(),
  )
  for (const { storedBytes } of samples) expect(storedBytes).toBeGreaterThan(300_000)
  expect(readdirSync(workFolder)).toEqual([])
})

test.skipIf(found.missing.length > 0)('a store that was damaged fails the bench', async () => {
  for (const tool of peers) {
    const damaged: Tool = {
      ...tool,
      steps: ['first'],
      async begin(place, stop) {
        const work = await tool.begin(place, stop)
        const check = (stopCheck: AbortSignal): Promise<void> => (blankLargestFile(join(place, 'store')), work.check(stopCheck))
        return { ...work, check }
      },
    }
    await expect(measureRounds({ ...options, source, workFolder, tools: [damaged] })).rejects.toThrow(/check .*ended with/)
  }
})

/** Keeps its size, so that only who reads it sees it. */
function blankLargestFile(store: string): void {
  const files = readdirSync(store, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  const [largest = ''] = files.toSorted((left, right) => statSync(right).size - statSync(left).size)
  const { size } = statSync(largest)
  chmodSync(largest, 0o600)
  writeFileSync(largest, Buffer.alloc(size))
}
