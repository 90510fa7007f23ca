import { PauseGate } from '@holdfast/engine/run-control'
import { AppError, type AgentId, type RunRequest, type RunWarning } from '@holdfast/shared-types'
import { runErrorWithoutHub } from '../rescue/without-hub.ts'
import { RunVoice } from '../runs/run-voice.ts'
import type { RunEnd } from '../runs/worker-messages.ts'
import { exitStatusOf } from './carry-out-run.ts'
import { print, type CommandContext } from './command-context.ts'
import { endInterrupted } from './end-hard.ts'
import { whenParentGone } from './parent-process.ts'
import { runDisplayFor, type RunDisplay } from './run-display.ts'
import { runDocument } from './run-document.ts'
import { runSummary } from './run-summary.ts'
import { sameInterruptMs } from './same-interrupt.ts'
import type { ShownRun } from './shown-run.ts'

export interface WorkHere {
  readonly request: RunRequest
  readonly agentId: AgentId
  readonly host: string
}

/** A run that no hub knows: this process carries it out, shows it as any other, and answers its exit status. */
export async function carryOutHere(
  context: CommandContext,
  { request, agentId, host }: WorkHere,
  work: (voice: RunVoice, display: RunDisplay) => Promise<RunEnd>,
): Promise<number> {
  const display = runDisplayFor(context)
  const interruption = onInterrupt(display)
  const warnings: RunWarning[] = []
  let lines = 0
  let run = newRun(request, agentId, host)
  const voice = new RunVoice({
    cancelled: interruption.cancelled,
    gate: new PauseGate(),
    log: (entry) => display.onLog([{ seq: ++lines, ...entry }]),
    warning: (warning) => void warnings.push(warning),
    progress(progress) {
      run = { ...run, progress }
      display.onRun(run)
    },
  })
  display.onRun(run)
  let end: RunEnd
  try {
    end = await work(voice, display)
  } catch (error) {
    end = voice.failed(error)
  } finally {
    interruption.stopListening()
    display.close()
  }
  const { outcome, result, warningCount } = end
  const error = runErrorWithoutHub(end.error)
  const ended = { ...run, state: outcome, result, error, warnings, warningCount, finishedAtMs: Date.now() }
  print(context, runDocument(ended, outcome), () => runSummary(ended, outcome, context.terminal.outPaint))
  return exitStatusOf(ended)
}

function newRun(request: RunRequest, agentId: AgentId, host: string): ShownRun {
  const nowMs = Date.now()
  return {
    id: null,
    agentId,
    deviceName: host,
    kind: request.kind,
    state: 'running',
    request,
    requestedBy: '',
    trigger: 'order',
    planId: null,
    planName: null,
    attempt: 1,
    attempts: null,
    notBeforeMs: null,
    pausedAtMs: null,
    waitsFor: null,
    createdAtMs: nowMs,
    startedAtMs: nowMs,
    finishedAtMs: null,
    progress: null,
    result: null,
    error: null,
    warnings: [],
    warningCount: 0,
  }
}

/** Once: the run ends in order. Twice: at once, and what it was writing stays under its temporary name. */
function onInterrupt(display: RunDisplay): { readonly cancelled: AbortSignal; stopListening(): void } {
  const stopping = new AbortController()
  let askedAtMs: number | null = null
  const interrupt = (): void => {
    if (askedAtMs !== null && performance.now() - askedAtMs < sameInterruptMs) return
    if (askedAtMs !== null) {
      display.close()
      return endInterrupted()
    }
    askedAtMs = performance.now()
    display.say('Stopping; press Ctrl+C again to leave at once')
    stopping.abort(new AppError('run.cancelled'))
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, interrupt)
  const stopWatching = whenParentGone({ alsoByInput: false }, interrupt)
  return {
    cancelled: stopping.signal,
    stopListening() {
      stopWatching()
      for (const signal of signals) process.off(signal, interrupt)
    },
  }
}
