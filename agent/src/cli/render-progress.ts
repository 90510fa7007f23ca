import type { RunProgressSample, RunState } from '@holdfast/shared-types'
import { escapeText } from './escape-name.ts'
import { formatBytes, formatClock, formatCount } from './format-figures.ts'
import { trimEnd, trimStart } from './text-width.ts'
import type { Paint } from './paint.ts'

export interface ProgressView {
  readonly state: RunState
  readonly sample: RunProgressSample | null
  /** Since the run began, by the clock of whoever looks. */
  readonly elapsedMs: number
  readonly bytesPerSecond: number | null
  /** Shown instead of the path: what is being waited for. */
  readonly note: string | null
  /** Counts up with each redraw. */
  readonly frame: number
}

const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'] as const
const widestBar = 40
const narrowestBar = 8

/** Two lines, each narrower than the terminal: how far the run is, and what it has in hand. Pure: the same view gives the same text. */
export function renderProgress(view: ProgressView, columns: number, paint: Paint): readonly [string, string] {
  const width = Math.max(20, columns - 1)
  const figures = figuresOf(view)
  const ratio = doneRatio(view.sample)
  const second = paint.dim(secondLine(view, width))
  if (ratio === null) {
    const mark = spinner[view.frame % spinner.length] ?? spinner[0]
    return [`${paint.accent(mark)} ${fit(figures, width - 2)}`, second]
  }
  const percent = `${String(Math.floor(ratio * 100)).padStart(3)}%`
  const fitting = fit(figures, width - narrowestBar - percent.length - 4)
  const barWidth = Math.min(widestBar, width - fitting.length - percent.length - 4)
  return [`${bar(ratio, barWidth, paint)} ${percent}  ${fitting}`, second]
}

/** Known and honest only: without a total there is no bar; at most 99 % until the run has ended. */
function doneRatio(sample: RunProgressSample | null): number | null {
  if (sample === null || sample.bytesTotal === null || sample.filesTotal === null) return null
  const bytes = sample.bytesTotal === 0 ? null : sample.bytesDone / sample.bytesTotal
  const files = sample.filesTotal === 0 ? 0 : sample.filesDone / sample.filesTotal
  return Math.min(0.99, Math.max(0, bytes ?? files))
}

/** Most important first: what does not fit falls off at the end. */
function figuresOf({ sample, elapsedMs, bytesPerSecond }: ProgressView): string[] {
  if (sample === null) return [formatClock(elapsedMs)]
  const ofTotal = (done: string, total: string | null): string => (total === null ? done : `${done} of ${total}`)
  const figures = [
    `${ofTotal(formatCount(sample.filesDone), sample.filesTotal === null ? null : formatCount(sample.filesTotal))} files`,
    ofTotal(formatBytes(sample.bytesDone), sample.bytesTotal === null ? null : formatBytes(sample.bytesTotal)),
  ]
  if (bytesPerSecond !== null) figures.push(`${formatBytes(bytesPerSecond)}/s`)
  figures.push(timeFigure(sample, elapsedMs, bytesPerSecond))
  if (sample.warnings > 0) figures.push(`${formatCount(sample.warnings)} warnings`)
  return figures
}

function timeFigure(sample: RunProgressSample, elapsedMs: number, bytesPerSecond: number | null): string {
  const left = sample.bytesTotal === null ? null : sample.bytesTotal - sample.bytesDone
  // A rate of a few bytes gives an end in years: no figure is better than that one.
  if (left === null || left <= 0 || bytesPerSecond === null || bytesPerSecond < 1024) return formatClock(elapsedMs)
  return `${formatClock((left / bytesPerSecond) * 1000)} left`
}

function fit(figures: readonly string[], columns: number): string {
  for (let count = figures.length; count > 0; count -= 1) {
    const text = figures.slice(0, count).join('  ')
    if (text.length <= columns) return text
  }
  return trimEnd(figures[0] ?? '', Math.max(0, columns))
}

function bar(ratio: number, width: number, paint: Paint): string {
  const filled = Math.round(ratio * width)
  return `${paint.accent('█'.repeat(filled))}${paint.dim('░'.repeat(Math.max(0, width - filled)))}`
}

const phaseWords = { preparing: 'Preparing', scanning: 'Looking for changes', transferring: '', finishing: 'Finishing' } as const

function secondLine({ state, sample, note }: ProgressView, width: number): string {
  if (note !== null) return trimEnd(note, width)
  if (state === 'queued' || state === 'offered') return trimEnd('Waiting for the device to take the run', width)
  if (state === 'committing') return 'Finishing'
  const path = sample?.currentPath ?? null
  if (path !== null) return trimStart(escapeText(path), width)
  return sample === null ? 'Preparing' : phaseWords[sample.phase]
}
