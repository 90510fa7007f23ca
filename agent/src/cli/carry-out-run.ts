import { AppError, errorFacts, isErrorCode, type Run } from '@holdfast/shared-types'
import { print, type CommandContext } from './command-context.ts'
import { followRun, type EndedRun } from './follow-run.ts'
import { OwnRunLogReader } from '../logging/own-run-log.ts'
import { withOwnStory } from './own-story.ts'
import { whenParentGone } from './parent-process.ts'
import { runDisplayFor, type RunDisplay } from './run-display.ts'
import { runDocument } from './run-document.ts'
import { runSummary } from './run-summary.ts'
import { sameInterruptMs } from './same-interrupt.ts'
import { withWorkingAgent, type HubAccess } from './with-hub.ts'

/** Asks the hub for a run of this device, shows it until it has ended, and answers the exit status. */
export async function carryOutRun(context: CommandContext, ask: (access: HubAccess) => Promise<Run>): Promise<number> {
  const ended = await withWorkingAgent(context, async (access) => {
    const run = await ask(access)
    access.carryOut(run.id)
    const display = runDisplayFor(context)
    const own = new OwnRunLogReader(context.folders.runLogsFolder, run.id)
    const interruption = onInterrupt(access, run, display)
    try {
      const followed = await followRun(access.client, run.id, { ...display, ownNotes: () => own.notes() }, interruption.leave)
      own.notes()
      return withOwnStory(followed, own.story)
    } finally {
      interruption.stopListening()
      display.close()
    }
  })
  print(context, runDocument(ended, ended.state), () => runSummary(ended, ended.state, context.terminal.outPaint))
  return exitStatusOf(ended)
}

/** Once: the run is cancelled and waited for. Twice: this command leaves, whatever the run does. */
function onInterrupt({ client }: HubAccess, run: Run, display: RunDisplay): { readonly leave: AbortSignal; stopListening(): void } {
  const leaving = new AbortController()
  let askedAtMs: number | null = null
  const interrupt = (): void => {
    if (askedAtMs !== null && performance.now() - askedAtMs < sameInterruptMs) return
    if (askedAtMs !== null)
      return leaving.abort(
        new AppError('run.cancelled', { message: 'You left before the run had ended.', cure: 'See the console for how it ends.' }),
      )
    askedAtMs = performance.now()
    display.say('Cancelling the run; press Ctrl+C again to leave at once')
    client.call('cancelRun', { params: { runId: run.id } }, { patienceMs: 60_000, signal: leaving.signal }).catch((error: unknown) => {
      if (error instanceof AppError && error.code !== 'run.already-finished' && !leaving.signal.aborted)
        display.say(`${error.message} ${error.cure}`)
    })
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, interrupt)
  const stopWatching = whenParentGone({ alsoByInput: false }, interrupt)
  return {
    leave: leaving.signal,
    stopListening() {
      stopWatching()
      for (const signal of signals) process.off(signal, interrupt)
    },
  }
}

const outcomeExits = { succeeded: 0, warning: 3, cancelled: 130 } as const

export function exitStatusOf(run: Pick<EndedRun, 'state' | 'error'>): number {
  if (run.state !== 'failed' && run.state !== 'expired') return outcomeExits[run.state]
  const code = run.error?.code ?? (run.state === 'expired' ? 'run.expired' : 'internal')
  return isErrorCode(code) ? errorFacts(code).exit : 1
}
