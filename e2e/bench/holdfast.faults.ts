import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makePostgresFolder } from './data/postgres-folder.ts'
import { fileSystemOf } from './file-system.ts'
import { profiledSteps, steps, type ProfiledStep } from './figures.ts'
import { holdfastTool } from './holdfast.ts'
import { measureRounds } from './measure-rounds.ts'
import { nothingMeasured } from './measure-set.ts'
import { measureStages } from './measure-stages.ts'
import { measureScale } from './scale/measure-scale.ts'
import { makeSourceTree } from './source-tree.ts'
import type { Stage } from './stages/stages.ts'
import { bytesBelow } from './tool.ts'

test('the bench measures every step of the real system, with every process that takes part, and leaves nothing behind', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-test-'))
  try {
    // As root the database runs as another user, who has to pass through.
    chmodSync(folder, 0o711)
    const [source, workFolder] = [join(folder, 'source'), join(folder, 'work')]
    mkdirSync(source)
    mkdirSync(workFolder, { mode: 0o711 })
    makeSourceTree(source, { files: 300, bytes: 3_000_000 })
    const { signal } = new AbortController()
    const contest = { set: 'linux', source, workFolder, tools: [holdfastTool], rounds: 1, signal, tell: () => undefined } as const
    const samples = await measureRounds({ ...contest, settleMs: 10, isRestoreCompared: true, steps, prepare: () => Promise.resolve() })
    expect(samples.map(({ step }) => step)).toEqual([...steps])
    for (const { step, parts, peakBytes, storedBytes } of samples) {
      expect(Object.keys(parts), step).toEqual(['agent', 'hub', 'database', 'command line'])
      for (const [part, figures] of Object.entries(parts)) expect(figures.peakBytes, `${step}: ${part}`).toBeGreaterThan(2 ** 20)
      expect(peakBytes, step).toBeGreaterThan(50 * 2 ** 20)
      expect(storedBytes, step).toBeGreaterThan(300_000)
    }
    expect(readdirSync(workFolder)).toEqual([])
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
})

test('stages account for all CPU of agent and hub, and the work of each step is where it belongs', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-test-'))
  try {
    chmodSync(folder, 0o711)
    const [source, workFolder] = [join(folder, 'source'), join(folder, 'work')]
    mkdirSync(source)
    mkdirSync(workFolder, { mode: 0o711 })
    makeSourceTree(source, { files: 3000, bytes: 60_000_000 })
    const { signal } = new AbortController()
    const quiet = { prepare: () => Promise.resolve(), tell: () => undefined, settleMs: 2500 }
    const measured = await measureStages({ set: 'linux', source, workFolder, signal, ...quiet })
    expect(measured.map(({ step }) => step)).toEqual([...profiledSteps])
    const secondsOf = (step: ProfiledStep, part: string, stage: Stage): number =>
      measured.find((one) => one.step === step)?.figures.find((figure) => figure.part === part && figure.stage === stage)?.cpuSeconds ?? 0
    for (const stage of ['compress', 'hash', 'seal', 'read', 'pack'] as const)
      expect(secondsOf('first', 'agent', stage), stage).toBeGreaterThan(0)
    for (const stage of ['write', 'decompress', 'open', 'verify'] as const)
      expect(secondsOf('restore', 'agent', stage), stage).toBeGreaterThan(0)
    expect(secondsOf('first', 'hub', 'ingest')).toBeGreaterThan(0)
    expect(secondsOf('restore', 'hub', 'serve')).toBeGreaterThan(0)
    for (const { step, figures, idleSeconds } of measured) {
      expect(new Set(figures.map(({ part }) => part)), step).toEqual(new Set(['agent', 'hub', 'database', 'command line']))
      expect(idleSeconds['hub'], step).toBeGreaterThan(0)
    }
    const sum = (stage?: Stage): number =>
      measured
        .flatMap(({ figures }) => figures)
        .reduce((total, figure) => total + (stage === undefined || figure.stage === stage ? figure.cpuSeconds : 0), 0)
    expect(sum('other')).toBeLessThan(sum() / 4)
    expect(readdirSync(workFolder)).toEqual([])
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
})

// Sizes are compared on a disk.
test.runIf(fileSystemOf(tmpdir()) !== 'tmpfs')(
  'two sizes of the real system are measured, looked through and checked, and nothing is left',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-test-'))
    try {
      chmodSync(folder, 0o711)
      const measured = nothingMeasured()
      const { signal } = new AbortController()
      await measureScale({ sizes: [2000, 12_000], workFolder: folder, isRestoreCompared: true, signal, tell: () => undefined }, measured)
      expect(measured.dataSets.map(({ name, files }) => [name, files])).toEqual([
        ['scale-2000', 2200],
        ['scale-12000', 12_200],
      ])
      expect(measured.samples.map(({ set, step }) => `${set} ${step}`)).toEqual(
        ['scale-2000', 'scale-12000'].flatMap((set) => profiledSteps.map((step) => `${set} ${step}`)),
      )
      expect(measured.browsing.map(({ set, visits }) => [set, visits.map(({ milliseconds }) => milliseconds.length)])).toEqual([
        ['scale-2000', [1, 1, 2, 2, 1, 50, 50]],
        ['scale-12000', [1, 1, 12, 12, 1, 50, 50]],
      ])
      for (const { hubStartSeconds, parts } of measured.browsing) {
        expect(hubStartSeconds).toBeGreaterThan(0)
        expect(Object.keys(parts)).toEqual(['agent', 'hub', 'database', 'browser'])
      }
      expect(readdirSync(folder)).toEqual([])
    } finally {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    }
  },
)

test('the data folder of a Postgres is one of a clean end, with its table', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-test-'))
  try {
    chmodSync(folder, 0o711)
    const data = join(folder, 'postgres')
    await makePostgresFolder(data, 5000, folder)
    expect(readdirSync(folder)).toEqual(['postgres'])
    expect(readdirSync(data)).toEqual(expect.arrayContaining(['PG_VERSION', 'base', 'global', 'pg_wal']))
    expect(existsSync(join(data, 'postmaster.pid'))).toBe(false)
    expect(bytesBelow(join(data, 'base'))).toBeGreaterThan(5000 * 150)
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
})
