import { errorFacts, isErrorCode, type AppError, type LogLine, type Run } from '@holdfast/shared-types'
import { escapeText } from './escape-name.ts'
import type { RunWatcher } from './follow-run.ts'
import { formatTime } from './format-figures.ts'
import { LiveLines } from './live-lines.ts'
import { ProgressRate } from './progress-rate.ts'
import { renderProgress } from './render-progress.ts'
import type { Terminal } from './terminal.ts'

export interface RunDisplay extends RunWatcher {
  /** Something a person did or has to know, now. */
  say(text: string): void
  /** What is being waited for, where figures do not say it; null = nothing any more. */
  note(text: string | null): void
  close(): void
}

const framesMs = 100

const silent: RunDisplay = {
  follows: 'end',
  onRun: () => undefined,
  onLog: () => undefined,
  onProblem: () => undefined,
  say: () => undefined,
  note: () => undefined,
  close: () => undefined,
}

/** Nothing beside a JSON document; else what suits who watches. */
export function runDisplayFor({ isJson, terminal }: { readonly isJson: boolean; readonly terminal: Terminal }): RunDisplay {
  if (isJson) return silent
  return terminal.isLive ? liveRunDisplay(terminal) : plainRunDisplay(terminal)
}

/** Lines redrawn in place: how far the run is. */
function liveRunDisplay(terminal: Terminal): RunDisplay {
  const lines = new LiveLines(terminal)
  const rate = new ProgressRate()
  let run: Pick<Run, 'state' | 'progress' | 'waitsFor'> | null = null
  let bytesPerSecond: number | null = null
  let note: string | null = null
  let frame = 0
  const startedAtMs = performance.now()
  const draw = (): void => {
    frame += 1
    lines.draw(
      renderProgress(
        {
          state: run?.state ?? 'queued',
          sample: run?.progress ?? null,
          elapsedMs: performance.now() - startedAtMs,
          bytesPerSecond,
          note: note ?? waitingNote(run),
          frame,
        },
        terminal.columns,
        terminal.paint,
      ),
    )
  }
  const timer = setInterval(draw, framesMs)
  return {
    follows: 'progress',
    onRun(next) {
      run = next
      if (next.progress !== null) bytesPerSecond = rate.add(next.progress)
    },
    onLog: () => undefined,
    onProblem: (problem) => {
      note = problem === null ? null : hubAway(problem)
    },
    say: (text) => {
      note = text
    },
    note: (text) => {
      note = text
    },
    close() {
      clearInterval(timer)
      lines.close()
    },
  }
}

/** Where nobody watches (cron, a pipe): the run's log, one clean line each. */
function plainRunDisplay(terminal: Terminal): RunDisplay {
  const say = (text: string): void => terminal.err(`${text}\n`)
  let isAway = false
  return {
    follows: 'log',
    onRun: () => undefined,
    onLog(lines) {
      for (const line of lines) say(logText(line))
    },
    onProblem(problem) {
      if (problem !== null && !isAway) say(hubAway(problem))
      isAway = problem !== null
    },
    say,
    note: () => undefined,
    close: () => undefined,
  }
}

/** What a run waits for before it can store more, and what helps; null while it works. */
export function waitingNote(run: Pick<Run, 'waitsFor'> | null): string | null {
  const code = run?.waitsFor?.code ?? null
  if (code === null) return null
  if (!isErrorCode(code)) return `Waiting until the hub can store again (${code}).`
  const { title, cure } = errorFacts(code)
  return `Waiting: ${title} ${cure}`
}

const hubAway = (problem: AppError): string => `${problem.message} The run goes on; waiting for the hub.`

function logText(line: LogLine): string {
  const level = line.level === 'info' ? '' : `${line.level}: `
  return `${formatTime(line.atMs)} ${level}${line.path === null ? '' : `${escapeText(line.path)}: `}${escapeText(line.message)}`
}
