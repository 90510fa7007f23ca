import { randomUUID } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { RunId } from '@holdfast/shared-types'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { aFolder, type TestFolder } from '../../test/an-agent.ts'
import { OwnRunLog, OwnRunLogReader } from './own-run-log.ts'

let folder: TestFolder
let runs: string
const run = { runId: RunId.parse(randomUUID()), fence: 1 }
const always = (): boolean => true

beforeEach(() => {
  folder = aFolder()
  runs = join(folder.path, 'logs', 'runs')
})
afterEach(() => {
  folder.remove()
})

const note = (message: string) => ({ atMs: 1, level: 'info' as const, event: 'backup.started', message, path: '/home/ada/ä\n' })
const warning = (path: string) => ({ path, code: 'source.unreadable', message: 'No.' })
const error = { code: 'internal', message: 'm', cure: 'c' }

test('is told as it grows, each note once, and is for the owner alone', () => {
  const reader = new OwnRunLogReader(runs, run.runId)
  expect(reader.notes()).toBeNull()
  const log = new OwnRunLog(runs, run, always)
  expect(reader.notes()).toEqual([])
  log.note(note('one'))
  log.warning(warning('/a'))
  expect(reader.notes()).toEqual([{ seq: 1, ...note('one') }])
  expect(reader.notes()).toEqual([])
  expect(reader.story).toEqual({ warnings: [warning('/a')], end: null })
  log.note(note('two'))
  log.end({ result: null, error })
  expect(reader.notes()).toEqual([{ seq: 2, ...note('two') }])
  expect(reader.story).toEqual({ warnings: [warning('/a')], end: { result: null, error } })
  expect([runs, join(runs, `${run.runId}.jsonl`)].map((path) => statSync(path).mode & 0o777)).toEqual([0o700, 0o600])
})

test('a new attempt of the same run begins its story anew', () => {
  const first = new OwnRunLog(runs, run, always)
  first.warning(warning('/a'))
  first.end({ result: null, error })
  const second = new OwnRunLog(runs, { ...run, fence: 2 }, always)
  second.warning(warning('/b'))
  const reader = new OwnRunLogReader(runs, run.runId)
  reader.notes()
  expect(reader.story).toEqual({ warnings: [warning('/b')], end: null })
})

test('a line that is being written is read when it is whole, and a torn one costs itself only', () => {
  const log = new OwnRunLog(runs, run, always)
  const path = join(runs, `${run.runId}.jsonl`)
  const line = `${JSON.stringify({ note: { seq: 1, ...note('late') } })}\n`
  const reader = new OwnRunLogReader(runs, run.runId)
  // In the middle of the two bytes of ä.
  const cut = Buffer.from(line).indexOf(0xc3) + 1
  appendFileSync(path, Buffer.from(line).subarray(0, cut))
  expect(reader.notes()).toEqual([])
  appendFileSync(path, Buffer.from(line).subarray(cut))
  expect(reader.notes()).toEqual([{ seq: 1, ...note('late') }])
  appendFileSync(path, '{"note":{"seq"\n')
  log.note(note('after'))
  expect(reader.notes()?.map(({ message }) => message)).toEqual(['after'])
})

test('a device that learns in the middle of a run that its vault is private keeps what it tells from then on', () => {
  let isPrivate = false
  const log = new OwnRunLog(runs, run, () => isPrivate)
  log.note(note('told to the hub'))
  isPrivate = true
  log.note(note('kept'))
  log.warning(warning('/a'))
  log.end({ result: null, error })
  const reader = new OwnRunLogReader(runs, run.runId)
  expect(reader.notes()).toEqual([{ seq: 2, ...note('kept') }])
  expect(reader.story).toEqual({ warnings: [warning('/a')], end: { result: null, error } })
  expect(statSync(runs).mode & 0o777).toBe(0o700)
})

test('nothing is written where the hub is told everything, and nothing fails where nothing can be written', () => {
  const managed = new OwnRunLog(runs, run, () => false)
  managed.note(note('one'))
  managed.warning(warning('/a'))
  expect(existsSync(runs)).toBe(false)
  const log = new OwnRunLog(runs, run, always)
  rmSync(runs, { recursive: true })
  writeFileSync(runs, 'in the way')
  log.note(note('one'))
  log.end({ result: null, error })
  new OwnRunLog(runs, run, always).note(note('two'))
  expect(statSync(runs).size).toBe(10)
})

test('the newest hundred runs are kept', () => {
  mkdirSync(runs, { recursive: true })
  for (let n = 0; n < 105; n += 1) {
    const path = join(runs, `${String(n).padStart(3, '0')}.jsonl`)
    writeFileSync(path, '')
    utimesSync(path, 1_700_000_000 + n, 1_700_000_000 + n)
  }
  new OwnRunLog(runs, run, always).note(note('one'))
  const left = readdirSync(runs)
  expect(left.length).toBe(100)
  expect(left).toContain(`${run.runId}.jsonl`)
  expect(left).not.toContain('005.jsonl')
  expect(left).toContain('006.jsonl')
})
