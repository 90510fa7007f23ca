import { execFileSync, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RunId } from '@holdfast/shared-types'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { OutboxFile, type QueuedReport } from './outbox-file.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-outbox-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const aReport = (n: number): QueuedReport => ({
  v: 1,
  id: randomUUID(),
  type: 'run.log',
  sentAtMs: n,
  body: {
    runId: RunId.parse(randomUUID()),
    fence: 1,
    lines: [{ n, atMs: 1, level: 'info', event: 'x', message: 'ä '.repeat(50), path: null }],
  },
})

test('gives back in order what was put and not done, across any number of openings', async () => {
  const path = join(folder, 'order')
  const reports = [1, 2, 3, 4].map(aReport)
  const first = await OutboxFile.open(path)
  await Promise.all(reports.map((report) => first.file.put(report)))
  await first.file.done(reports[1]?.id ?? '')
  await first.file.close()
  const second = await OutboxFile.open(path)
  expect(second.reports).toEqual([reports[0], reports[2], reports[3]])
  await second.file.close()
  const third = await OutboxFile.open(path)
  expect(third.reports).toEqual([reports[0], reports[2], reports[3]])
  await third.file.close()
})

test('cut anywhere by a crash it holds every report before the cut, and takes new ones', async () => {
  const path = join(folder, 'torn')
  const reports = [1, 2, 3].map(aReport)
  const { file } = await OutboxFile.open(path)
  for (const report of reports) await file.put(report)
  await file.close()
  const whole = readFileSync(path)
  const lineEnds = [...whole.keys()].filter((at) => whole[at] === 0x0a)
  for (let cut = 0; cut <= statSync(path).size; cut += 37) {
    const torn = join(folder, `torn-${cut}`)
    appendFileSync(torn, whole)
    truncateSync(torn, cut)
    const reopened = await OutboxFile.open(torn)
    // A line that lacks only its newline is whole.
    const expected = lineEnds.filter((end) => end <= cut).length
    expect(reopened.reports).toEqual(reports.slice(0, expected))
    const next = aReport(9)
    await reopened.file.put(next)
    await reopened.file.close()
    const again = await OutboxFile.open(torn)
    expect(again.reports.at(-1)).toEqual(next)
    await again.file.close()
  }
})

test('loses nothing that is put while the file is rewritten', async () => {
  const path = join(folder, 'rewrite')
  const { file } = await OutboxFile.open(path)
  const waiting: QueuedReport[] = []
  const put = (report: QueuedReport): Promise<void> => {
    waiting.push(report)
    return file.put(report)
  }
  await Promise.all([1, 2, 3].map((n) => put(aReport(n))))
  waiting.splice(1, 1)
  const rewriting = Promise.all([file.rewrite(() => waiting), file.rewrite(() => waiting)])
  await Promise.all([rewriting, ...[4, 5, 6, 7].map((n) => put(aReport(n)))])
  await put(aReport(8))
  await file.close()
  const reopened = await OutboxFile.open(path)
  expect(reopened.reports).toEqual(waiting)
  await reopened.file.close()
})

// A limit on the size of files is the one way to a disk that takes half of a line: the kernel writes up to it, and then refuses.
const canLimit = process.platform === 'linux' && spawnSync('prlimit', ['--version']).status === 0
const limitFileSize = (bytes: number | 'unlimited'): void =>
  void execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:unlimited`])

// Needs prlimit, which Linux has.
test.runIf(canLimit)(
  'a disk that is full in the middle of a line refuses that report alone, and takes the next ones when there is room',
  async () => {
    const path = join(folder, 'full')
    const { file } = await OutboxFile.open(path)
    const [first, refused, next] = [1, 2, 3].map(aReport) as [QueuedReport, QueuedReport, QueuedReport]
    await file.put(first)
    const sizeBytes = statSync(path).size
    limitFileSize(sizeBytes + 100)
    try {
      await expect(file.put(refused)).rejects.toMatchObject({ code: 'EFBIG' })
      expect(statSync(path).size).toBe(sizeBytes)
    } finally {
      limitFileSize('unlimited')
    }
    await file.put(next)
    await file.close()
    const { file: reopened, reports } = await OutboxFile.open(path)
    expect(reports).toEqual([first, next])
    await reopened.close()
  },
)
