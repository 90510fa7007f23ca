import type { RunProgressSample } from '@holdfast/shared-types'
import { describe, expect, test } from 'vitest'
import { colours, noColours } from './paint.ts'
import { ProgressRate } from './progress-rate.ts'
import { renderProgress, type ProgressView } from './render-progress.ts'
import { textWidth } from './text-width.ts'

const aSample = (changes: Partial<RunProgressSample> = {}): RunProgressSample => ({
  phase: 'transferring',
  filesDone: 12_345,
  bytesDone: 600 * 1024 * 1024,
  filesTotal: null,
  bytesTotal: null,
  filesRead: 10,
  bytesRead: 1000,
  bytesStored: 500,
  warnings: 0,
  currentPath: '/usr/include/linux/netfilter/x_tables.h',
  elapsedMs: 5000,
  ...changes,
})
const aView = (changes: Partial<ProgressView> = {}): ProgressView => ({
  state: 'running',
  sample: aSample(),
  elapsedMs: 65_000,
  bytesPerSecond: 100 * 1024 * 1024,
  note: null,
  frame: 0,
  ...changes,
})
const withTotal = aSample({ filesTotal: 20_000, bytesTotal: 1200 * 1024 * 1024 })

describe('the progress of a run', () => {
  test('turns a spinner while the total is not known', () => {
    expect(renderProgress(aView(), 80, noColours)).toEqual([
      '⠋ 12,345 files  600 MiB  100 MiB/s  1:05',
      '/usr/include/linux/netfilter/x_tables.h',
    ])
    expect(renderProgress(aView({ frame: 1 }), 80, noColours)[0].startsWith('⠙')).toBe(true)
  })

  test('shows bar, share, rate and time left once the total is known', () => {
    const [first] = renderProgress(aView({ sample: withTotal }), 100, noColours)
    expect(first).toBe(`${'█'.repeat(13)}${'░'.repeat(13)}  50%  12,345 of 20,000 files  600 MiB of 1.17 GiB  100 MiB/s  0:06 left`)
  })

  test('never says 100 % before the run has ended', () => {
    const [first] = renderProgress(aView({ sample: { ...withTotal, bytesDone: 2_000_000_000 } }), 80, noColours)
    expect(first).toContain(' 99%')
  })

  test.each([20, 40, 60, 80, 200])('fits into a terminal of %i columns, wide characters counted', (columns) => {
    const view = aView({ sample: { ...withTotal, warnings: 3, currentPath: `/home/${'報告'.repeat(100)}/Überblick.pdf` } })
    for (const painted of [noColours, colours]) {
      for (const line of renderProgress(view, columns, painted)) {
        // oxlint-disable-next-line no-control-regex -- colours have no width
        expect(textWidth(line.replaceAll(/\u001b\[\d+m/g, ''))).toBeLessThan(Math.max(columns, 21))
      }
    }
    expect(renderProgress(view, columns, noColours)[1].endsWith('k.pdf')).toBe(true)
  })

  test('says what it waits for, and shows no path that could command the terminal', () => {
    expect(renderProgress(aView({ state: 'queued', sample: null }), 80, noColours)[1]).toBe('Waiting for the device to take the run')
    expect(renderProgress(aView({ note: 'Cancelling' }), 80, noColours)[1]).toBe('Cancelling')
    expect(renderProgress(aView({ sample: aSample({ currentPath: '/a\u001b[2Jb' }) }), 80, noColours)[1]).toBe('/a\\x1b[2Jb')
  })
})

test('the rate is that of the last five seconds, by the run\u2019s own clock', () => {
  const rate = new ProgressRate()
  expect(rate.add({ elapsedMs: 0, bytesDone: 0 })).toBeNull()
  for (let second = 1; second <= 20; second += 1) rate.add({ elapsedMs: second * 1000, bytesDone: second * 1_000_000 })
  expect(rate.add({ elapsedMs: 21_000, bytesDone: 21_000_000 })).toBe(1_000_000)
  for (let second = 22; second <= 30; second += 1) rate.add({ elapsedMs: second * 1000, bytesDone: 21_000_000 })
  expect(rate.add({ elapsedMs: 30_000, bytesDone: 21_000_000 })).toBe(0)
})
