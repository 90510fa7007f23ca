import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { steps } from './figures.ts'
import { changeTree, removeLeftovers } from './change-set.ts'
import { measureCommand, noServants } from './measure-command.ts'
import { measureRounds, type Contest } from './measure-rounds.ts'
import { findPeers } from './peers.ts'
import { makeSourceTree } from './source-tree.ts'
import { floors } from './targets.ts'

let folder: string
let source: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-test-'))
  source = join(folder, 'source')
  mkdirSync(source)
  makeSourceTree(source, { files: 300, bytes: 3_000_000 })
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const differences = (left: string, right: string): string =>
  execFileSync('rsync', ['-naci', '--delete', '--modify-window=-1', `${left}/`, `${right}/`]).toString()

test('the same seed makes the same tree, of the size that was asked for', () => {
  const again = join(folder, 'again')
  mkdirSync(again)
  makeSourceTree(again, { files: 300, bytes: 3_000_000 })
  expect(execFileSync('diff', ['-r', source, again]).toString()).toBe('')
  const bytes = Number(/^\d+/.exec(execFileSync('du', ['-sb', '--apparent-size', source]).toString())?.[0])
  // Folders count too.
  expect(bytes).toBeGreaterThan(2_990_000)
  expect(readdirSync(source, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())).toHaveLength(300)
})

test('a change is undone to the byte and the nanosecond, also in the middle of a large file', () => {
  makeSourceTree(join(source, 'big'), { files: 1, bytes: 10 * 2 ** 20 })
  truncateSync(join(source, 'big/part-0/unit-0/set-0', readdirSync(join(source, 'big/part-0/unit-0/set-0'))[0] ?? ''), 9 * 2 ** 20)
  const copy = join(folder, 'copy')
  execFileSync('cp', ['-a', source, copy])
  for (let seed = 0; seed < 40; seed += 1) {
    const undo = changeTree(source, seed)
    expect(differences(source, copy).split('\n').length).toBeGreaterThan(20)
    undo()
  }
  expect(differences(source, copy)).toBe('')
})

test('a change that fails half-way is taken back', () => {
  // In the way of what is done last.
  writeFileSync(join(source, 'holdfast-bench-new'), 'somebody’s')
  const copy = join(folder, 'copy')
  execFileSync('cp', ['-a', source, copy])
  expect(() => changeTree(source, 1)).toThrow('EEXIST')
  expect(differences(source, copy)).toBe('')
})

test('what a killed bench has left goes, and what only looks like it stays', () => {
  const namesOf = (): string[] => readdirSync(source, { encoding: 'utf8', recursive: true }).toSorted()
  const names = namesOf()
  changeTree(source, 1)
  expect(namesOf()).not.toEqual(names)
  removeLeftovers(source)
  expect(namesOf()).toEqual(names)

  mkdirSync(join(source, 'holdfast-bench-new'))
  writeFileSync(join(source, 'holdfast-bench-new/mine'), '')
  expect(() => removeLeftovers(source)).toThrow('ENOTEMPTY')
  expect(existsSync(join(source, 'holdfast-bench-new/mine'))).toBe(true)
})

test('a command’s time, CPU and memory are its own, and one that fails tells what it said', async () => {
  const script =
    'const hold = Buffer.alloc(150 * 2 ** 20, 1); const end = Date.now() + 1500; while (Date.now() < end); console.log(hold.length)'
  const { signal } = new AbortController()
  const figures = await measureCommand('node', { file: process.execPath, args: ['-e', script], env: {} }, noServants, signal)
  expect(figures.stdout).toBe(`${150 * 2 ** 20}\n`)
  expect(figures.wallSeconds).toBeGreaterThan(1.49)
  expect(figures.cpuSeconds).toBeGreaterThan(0.1)
  expect(figures.cpuSeconds).toBeLessThan(figures.wallSeconds * 4)
  expect(figures.peakBytes).toBeGreaterThan(150 * 2 ** 20)
  const failing = { file: process.execPath, args: ['-e', 'console.error("why"); process.exit(7)'], env: {} }
  await expect(measureCommand('node', failing, noServants, signal)).rejects.toThrow(/ended with 7:\nwhy$/)
  await expect(measureCommand('x', { file: '/nowhere/at/all', args: [], env: {} }, noServants, signal)).rejects.toThrow('ENOENT')
})

test('every tool takes its steps in every round, and leaves nothing behind', async () => {
  // rsync and cp: quick, and they are there. The peers are in peers.faults.ts.
  const tools = (await findPeers({ otherRestic: null, borgLz4: false })).tools.filter(({ name }) => floors.includes(name))
  expect(tools.map(({ name }) => name)).toEqual(['rsync', 'cp -a'])
  const workFolder = join(folder, 'work')
  mkdirSync(workFolder)
  const stop = new AbortController()
  const contest: Contest = {
    set: 'linux',
    source,
    workFolder,
    tools,
    rounds: 1,
    signal: stop.signal,
    tell: () => undefined,
    settleMs: 10,
    isRestoreCompared: true,
    steps,
    prepare: () => Promise.resolve(),
  }
  const samples = await measureRounds(contest)
  expect(samples.map(({ tool, step }) => `${tool} ${step}`).toSorted()).toEqual(
    tools.flatMap(({ name, steps: known }) => known.map((step) => `${name} ${step}`)).toSorted(),
  )
  for (const { wallSeconds, cpuSeconds } of samples) expect(wallSeconds > 0 && cpuSeconds >= 0).toBe(true)
  expect(readdirSync(workFolder)).toEqual([])

  stop.abort(new Error('enough'))
  await expect(measureRounds(contest)).rejects.toThrow()
  expect(readdirSync(workFolder)).toEqual([])
}, 180_000)
