import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LogFile, type LogFileOptions } from './log-file.ts'

let folder = ''
let path = ''
let told: string[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-log-file-'))
  path = join(folder, 'logs', 'hub.log')
  told = []
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const aFile = (change: Partial<LogFileOptions> = {}): LogFile =>
  new LogFile({ path, keepFiles: 10, keepDays: 30, tell: (line) => void told.push(line), temporaryFolder: folder, ...change })
const filesIn = (place: string): string[] => readdirSync(place).toSorted()
const linesOf = (place: string): string[] =>
  filesIn(place).flatMap((name) =>
    readFileSync(join(place, name), 'utf8')
      .split('\n')
      .filter((line) => line !== ''),
  )

describe('a log file', () => {
  test('is for its owner and group alone, and is put aside when it is full', () => {
    const file = aFile({ maxBytes: 100 })
    for (let n = 0; n < 12; n += 1) file.write(`${n}`.padEnd(29, '.') + '\n')
    file.close()
    expect(filesIn(join(folder, 'logs'))).toHaveLength(4)
    expect(
      linesOf(join(folder, 'logs'))
        .map((line) => Number.parseInt(line, 10))
        .toSorted((a, b) => a - b),
    ).toEqual([...Array(12).keys()])
    expect(statSync(path).mode & 0o777 & ~0o640).toBe(0)
    expect(statSync(join(folder, 'logs')).mode & 0o777).toBe(0o700)
    for (const name of filesIn(join(folder, 'logs'))) expect(statSync(join(folder, 'logs', name)).size).toBeLessThanOrEqual(100)
    expect(told).toEqual([])
  })

  test('is put aside with the day, also when the clock is set back, and its lines stay in order', () => {
    const clock = { nowMs: Date.UTC(2026, 10, 21, 23, 59) }
    const file = aFile({ nowMs: () => clock.nowMs })
    file.write('before midnight\n')
    clock.nowMs += 120_000
    file.write('after midnight\n')
    clock.nowMs -= 5 * 86_400_000
    file.write('days back\n')
    file.write('still there\n')
    file.close()
    expect(filesIn(join(folder, 'logs'))).toHaveLength(3)
    expect(readFileSync(path, 'utf8')).toBe('days back\nstill there\n')
  })

  test('keeps so many older ones, and none that is too old', () => {
    const logs = join(folder, 'logs')
    mkdirSync(logs)
    for (let n = 1; n <= 5; n += 1) {
      const old = join(logs, `hub.2026-01-0${n}T00-00-00.000Z.log`)
      writeFileSync(old, 'x\n')
      utimesSync(old, new Date(), new Date(Date.now() - n * 86_400_000))
    }
    writeFileSync(join(logs, 'hubcap.log'), 'of somebody else\n')
    aFile({ keepFiles: 3 }).write('now\n')
    expect(filesIn(logs)).toEqual([1, 2, 3].map((n) => `hub.2026-01-0${n}T00-00-00.000Z.log`).concat('hub.log', 'hubcap.log'))
    aFile({ keepFiles: 3, keepDays: 2.5 }).write('now\n')
    expect(filesIn(logs)).toHaveLength(4)
  })

  test('that somebody takes away or puts aside is made again', async () => {
    const file = aFile()
    file.write('one\n')
    rmSync(path)
    await new Promise((resolve) => setTimeout(resolve, 1100))
    file.write('two\n')
    expect(readFileSync(path, 'utf8')).toBe('two\n')
  })
})

/** A process that writes numbered lines until it is killed, or so many. */
const writer = (name: string, count: number, maxBytes: number): string => `
  import { LogFile } from ${JSON.stringify(new URL('log-file.ts', import.meta.url).href)}
  const file = new LogFile({ path: ${JSON.stringify(path)}, keepFiles: 1000, keepDays: 30, maxBytes: ${maxBytes}, tell: (line) => process.stderr.write(line) })
  for (let n = 0; n < ${count}; n += 1) {
    file.write(JSON.stringify({ who: ${JSON.stringify(name)}, n, filler: 'x'.repeat(n % 300) }) + '\\n')
    if (n % 50 === 0) process.stdout.write(n + '\\n')
  }`
const startWriter = (name: string, count: number, maxBytes: number) =>
  spawn(process.execPath, ['--input-type=module-typescript', '-e', writer(name, count, maxBytes)], { stdio: ['ignore', 'pipe', 'pipe'] })

test('two processes that write and put aside at once lose no line and mix none', async () => {
  const writers = ['a', 'b'].map((name) => startWriter(name, 4000, 20_000))
  let said = ''
  for (const process of writers) {
    process.stdout.resume()
    process.stderr.on('data', (text: Buffer) => (said += text.toString()))
  }
  expect(await Promise.all(writers.map((process) => once(process, 'close')))).toEqual([
    [0, null],
    [0, null],
  ])
  // Neither has taken the other for a disk that fails.
  expect(said).toBe('')
  const lines = linesOf(join(folder, 'logs')).map((line) => JSON.parse(line) as { who: string; n: number })
  for (const who of ['a', 'b'])
    expect(
      lines
        .filter((line) => line.who === who)
        .map(({ n }) => n)
        .toSorted((x, y) => x - y),
    ).toEqual([...Array(4000).keys()])
  expect(filesIn(join(folder, 'logs')).length).toBeGreaterThan(20)
})

test('a process that is killed leaves every line it wrote, whole, and the next one begins its own', async () => {
  const process = startWriter('killed', 1_000_000, 1_000_000)
  let seen = -1
  process.stdout.on('data', (text: Buffer) => {
    seen = Number(text.toString().trim().split('\n').at(-1))
    if (seen >= 2000) process.kill('SIGKILL')
  })
  await once(process, 'close')
  const numbers = linesOf(join(folder, 'logs')).map((line) => (JSON.parse(line) as { n: number }).n)
  expect(Math.max(...numbers)).toBeGreaterThanOrEqual(seen)
  expect(new Set(numbers).size).toBe(Math.max(...numbers) + 1)
  // As a machine that lost its power leaves it.
  writeFileSync(path, '{"torn":', { flag: 'a' })
  aFile().write('{"next":1}\n')
  expect(readFileSync(path, 'utf8')).toMatch(/\{"torn":\n\{"next":1\}\n$/)
})

describe('a log file that cannot be written', () => {
  test('because its disk is full has its lines elsewhere, tells so once, and comes back', { timeout: 120_000 }, async ({ skip }) => {
    const small = join(folder, 'small')
    mkdirSync(small)
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', small], { stdio: 'ignore' })
    } catch {
      skip('needs the right to mount')
    }
    try {
      const file = aFile({ path: join(small, 'logs', 'hub.log') })
      const line = (n: number): string => `${JSON.stringify({ n, filler: 'x'.repeat(990) })}\n`
      for (let n = 0; n < 100; n += 1) file.write(line(n))
      expect(told).toHaveLength(1)
      expect(told[0]).toMatch(/cannot be written.*ENOSPC.*Lines go to .*holdfast-logs-/)
      expect(file.state).toMatchObject({ place: 'temporary', problem: 'ENOSPC' })
      const spare = file.state.path ?? ''
      expect(statSync(spare).mode & 0o777).toBe(0o600)
      const texts = [join(small, 'logs', 'hub.log'), spare].flatMap((part) => readFileSync(part, 'utf8').split('\n'))
      const whole = texts.filter((text) => text.endsWith('}')).map((text) => (JSON.parse(text) as { n: number }).n)
      expect(whole).toEqual([...Array(100).keys()])
      file.close()
      // The next life finds space again, and the line that was cut short does not spoil its first one.
      execFileSync('mount', ['-o', 'remount,size=1m', small])
      const next = aFile({ path: join(small, 'logs', 'hub.log') })
      next.write(line(100))
      expect(
        readFileSync(join(small, 'logs', 'hub.log'), 'utf8')
          .split('\n')
          .at(-2),
      ).toBe(line(100).trim())
      expect(next.state).toEqual({ place: 'file', path: join(small, 'logs', 'hub.log'), problem: null })
      next.close()
    } finally {
      execFileSync('umount', ['-l', small])
    }
  })

  test('because something else stands there goes to a folder of its own, and back when it is gone', async () => {
    writeFileSync(join(folder, 'logs'), 'not a folder')
    const file = aFile({ tryAgainMs: 100 })
    file.write('one\n')
    file.write('two\n')
    expect(file.state).toMatchObject({ place: 'temporary', problem: 'EEXIST' })
    expect(readFileSync(file.state.path ?? '', 'utf8')).toBe('one\ntwo\n')
    expect(told).toHaveLength(1)
    rmSync(join(folder, 'logs'))
    await new Promise((resolve) => setTimeout(resolve, 150))
    file.write('three\n')
    file.write('four\n')
    expect(readFileSync(path, 'utf8')).toBe('three\nfour\n')
    expect(file.state).toEqual({ place: 'file', path, problem: null })
    expect(told).toHaveLength(2)
  })

  test('and no place besides either says so once, and nothing is thrown', () => {
    writeFileSync(join(folder, 'logs'), 'not a folder')
    const file = aFile({ temporaryFolder: join(folder, 'nowhere') })
    for (let n = 0; n < 5; n += 1) file.write('line\n')
    expect(file.state).toMatchObject({ place: 'nowhere', path: null })
    expect(told).toHaveLength(1)
    expect(told[0]).toContain('standard error alone')
    expect(existsSync(join(folder, 'nowhere'))).toBe(false)
    chmodSync(folder, 0o700)
  })
})
