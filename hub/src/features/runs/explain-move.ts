import { errorFacts, isEndState } from '@holdfast/shared-types'
import type { RunInput, RunStep } from './run-machine.ts'
import type { NewLogLine } from './runs.queries.ts'

type Line = Pick<NewLogLine, 'level' | 'event' | 'message'>
type Moved = Extract<RunStep, { kind: 'moved' }>

/** What people read in the run's log of things that its agent cannot tell. @param explain who asked, or why */
export const explainMove = (input: RunInput, step: Moved, explain: string | undefined): Line | null =>
  (isEndState(step.state) ? null : explainWait(input, step, explain)) ??
  explainStop(input, step, explain) ??
  explainEnd(input, step, explain)

function explainWait(input: RunInput, step: Moved, explain: string | undefined): Line | null {
  if (input.type === 'declined')
    return { level: 'warn', event: 'run.declined', message: `The device does not take the run now: ${explain ?? 'no reason given'}` }
  if (input.type === 'unanswered')
    return { level: 'warn', event: 'run.unanswered', message: explain ?? 'The device did not answer the offer; it is made again.' }
  if (input.type === 'agent-lost' && step.state === 'queued')
    return { level: 'info', event: 'run.queued-again', message: 'The offer did not reach the device; it is made again.' }
  if (input.type === 'paused')
    return { level: 'info', event: 'run.paused', message: `The run rests${explain === undefined ? '' : `: ${explain} asked for it`}.` }
  if (input.type === 'resumed') return { level: 'info', event: 'run.resumed', message: 'The run goes on.' }
  return null
}

function explainStop(input: RunInput, step: Moved, explain: string | undefined): Line | null {
  if (isEndState(step.state)) return null
  if (input.type === 'cancel')
    return { level: 'info', event: 'run.cancelling', message: `${explain ?? 'Somebody'} asked to cancel the run.` }
  if (input.type === 'timed-out')
    return { level: 'warn', event: 'run.timing-out', message: 'The time that the plan gives the run is up; its device is told to stop.' }
  return null
}

function explainEnd(input: RunInput, step: Moved, explain: string | undefined): Line | null {
  if (step.reason === 'run.cancelled')
    return { level: 'info', event: 'run.cancelled', message: `The run was cancelled${explain === undefined ? '' : ` by ${explain}`}.` }
  if (step.reason === 'run.superseded') return { level: 'info', event: 'run.superseded', message: errorFacts('run.superseded').title }
  if (step.reason !== null) return { level: 'error', event: `run.${step.state}`, message: errorFacts(step.reason).title }
  if (isEndState(step.state) && input.type !== 'finished')
    return {
      level: 'warn',
      event: `run.${step.state}`,
      message: 'The snapshot of this run is committed; the device\u2019s own report of it is missing.',
    }
  return null
}
