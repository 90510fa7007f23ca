import type { ErrorCode, RunOutcome, RunState, SnapshotStatus } from '@holdfast/shared-types'
import { isEndState } from '@holdfast/shared-types'

/*
 * The life of a run, without clock, database or link: which input makes what of which state. Whoever wants to know whether a run can
 * get stuck, be done twice or end twice reads this table; everything else only carries inputs to it.
 *
 * The fence is the number under which a run was given away. It grows whenever the hub takes the run back, so whoever still holds it
 * can neither report on it nor commit: see `fence: 'next'`.
 */

/** What happens to a run. Inputs of agents carry the fence they hold. */
export type RunInput =
  /** The hub gives it to its agent. */
  | { readonly type: 'offer' }
  | { readonly type: 'accepted'; readonly fence: number }
  /** The agent does not take it now; it is offered again later. */
  | { readonly type: 'declined'; readonly fence: number }
  /** The agent does not know what it is asked; asking it again would not help. */
  | { readonly type: 'not-understood'; readonly fence: number }
  /** Declined too often. */
  | { readonly type: 'given-up' }
  /** The offer was not acknowledged although the link holds. */
  | { readonly type: 'unanswered'; readonly fence: number }
  | { readonly type: 'progress'; readonly fence: number }
  /** The agent commits its snapshot. */
  | { readonly type: 'commit'; readonly fence: number }
  | { readonly type: 'finished'; readonly fence: number; readonly outcome: Exclude<RunOutcome, 'expired'> }
  /** Somebody wants it stopped; an agent that can be reached is asked to and has the last word. */
  | { readonly type: 'cancel'; readonly isReachable: boolean }
  /** The agent does not know the run, or did not confirm in time. */
  | { readonly type: 'cancel-unconfirmed' }
  /** Its plan gives it no more time; as with a cancel, an agent that can be reached has the last word. */
  | { readonly type: 'timed-out'; readonly isReachable: boolean }
  /** The agent has let it rest, or go on: told, or seen from its reports. */
  | { readonly type: 'paused'; readonly fence: number }
  | { readonly type: 'resumed'; readonly fence: number }
  /** It waits, or would wait again, and another one for the same work takes its place. */
  | { readonly type: 'superseded' }
  /** No progress for the whole lease. */
  | { readonly type: 'lease-elapsed' }
  /** A hello says that the agent has it … */
  | { readonly type: 'in-hand'; readonly fence: number; readonly isCommitting: boolean }
  /** … or not (any more). */
  | { readonly type: 'agent-lost' }
export type RunInputType = RunInput['type']

/** What decides beside state and input. */
export interface RunFacts {
  readonly state: RunState
  readonly fence: number
  /** Status of the snapshot that this run committed, if it did: whatever happens afterwards, the backup is there. */
  readonly committed: SnapshotStatus | null
  /** It was told to stop because its time was up, and not by somebody. */
  readonly isTimedOut: boolean
}

export type RunStep =
  /** To be recorded; `state` may be the one it was. `reason` explains an end that the hub decided. */
  | { readonly kind: 'moved'; readonly state: RunState; readonly fence: 'same' | 'next'; readonly reason: ErrorCode | null }
  /** Nothing new; `alive` = the lease begins anew. */
  | { readonly kind: 'kept'; readonly alive: boolean }
  | { readonly kind: 'refused'; readonly code: ErrorCode }

type Rule = RunStep | ((facts: RunFacts, input: RunInput) => RunStep)
type Row = { readonly [T in RunInputType]: Rule }

const moved = (state: RunState, fence: 'same' | 'next' = 'same', reason: ErrorCode | null = null): RunStep => ({
  kind: 'moved',
  state,
  fence,
  reason,
})
const kept: RunStep = { kind: 'kept', alive: false }
const alive: RunStep = { kind: 'kept', alive: true }
const refused = (code: ErrorCode): RunStep => ({ kind: 'refused', code })
const stale = refused('run.fence-stale')
const over = refused('run.already-finished')

/** The hub ends a run by itself: as what it is if its snapshot is committed, else as `state`. */
const settled =
  (state: RunOutcome, reason: ErrorCode) =>
  (facts: RunFacts): RunStep => {
    if (facts.committed === null) return moved(state, 'next', reason)
    return moved(facts.committed === 'complete' ? 'succeeded' : 'warning', 'next')
  }

/** It was told to stop, and nobody knows whether it did. */
const stopped = (facts: RunFacts): RunStep =>
  facts.isTimedOut ? settled('failed', 'run.timed-out')(facts) : settled('cancelled', 'run.cancelled')(facts)
const timedOut = (facts: RunFacts, input: RunInput): RunStep =>
  input.type === 'timed-out' && input.isReachable ? moved(facts.state) : settled('failed', 'run.timed-out')(facts)
const finished = (_: RunFacts, input: RunInput): RunStep => (input.type === 'finished' ? moved(input.outcome) : kept)
const cancel = (facts: RunFacts, input: RunInput): RunStep =>
  input.type === 'cancel' && input.isReachable ? moved(facts.state) : settled('cancelled', 'run.cancelled')(facts)
const inHand = (facts: RunFacts, input: RunInput): RunStep => {
  const isCommitting = input.type === 'in-hand' && input.isCommitting
  const state = isCommitting ? 'committing' : facts.state === 'offered' ? 'running' : facts.state
  return state === facts.state ? alive : moved(state)
}

const queued: Row = {
  offer: moved('offered', 'next'),
  // Nobody holds a queued run: its fence was raised when it came back.
  accepted: stale,
  progress: stale,
  commit: stale,
  finished: stale,
  'in-hand': stale,
  declined: kept,
  'not-understood': kept,
  unanswered: kept,
  'given-up': moved('failed', 'next', 'agent.busy'),
  cancel: moved('cancelled', 'next', 'run.cancelled'),
  'cancel-unconfirmed': kept,
  'timed-out': kept,
  superseded: moved('cancelled', 'next', 'run.superseded'),
  paused: stale,
  resumed: stale,
  'lease-elapsed': kept,
  'agent-lost': kept,
}

const offered: Row = {
  offer: kept,
  accepted: moved('running'),
  declined: moved('queued', 'next'),
  'not-understood': moved('failed', 'next', 'agent.outdated'),
  unanswered: moved('queued', 'next'),
  'given-up': moved('failed', 'next', 'agent.busy'),
  // The acknowledgement was lost or is late: work speaks for itself.
  progress: moved('running'),
  commit: moved('committing'),
  finished,
  'in-hand': inHand,
  cancel,
  'cancel-unconfirmed': stopped,
  'timed-out': kept,
  superseded: moved('cancelled', 'next', 'run.superseded'),
  paused: moved('running'),
  resumed: moved('running'),
  'lease-elapsed': settled('expired', 'run.expired'),
  // The offer never arrived: it may be made again.
  'agent-lost': moved('queued', 'next'),
}

const running: Row = {
  offer: kept,
  accepted: kept,
  declined: kept,
  'not-understood': kept,
  unanswered: kept,
  'given-up': kept,
  progress: alive,
  commit: moved('committing'),
  finished,
  'in-hand': inHand,
  cancel,
  'cancel-unconfirmed': stopped,
  'timed-out': timedOut,
  superseded: kept,
  paused: moved('running'),
  resumed: moved('running'),
  'lease-elapsed': settled('expired', 'run.expired'),
  'agent-lost': settled('failed', 'run.agent-lost'),
}

/** What is nearly done neither rests nor runs out of time. */
const committing: Row = { ...running, commit: alive, paused: kept, resumed: kept, 'timed-out': kept }

/** Late words change nothing: what is repeated is acknowledged, what is new is refused. */
const ended: Row = {
  offer: kept,
  accepted: over,
  declined: kept,
  'not-understood': kept,
  unanswered: kept,
  'given-up': kept,
  progress: over,
  commit: over,
  finished: kept,
  'in-hand': kept,
  cancel: over,
  'cancel-unconfirmed': kept,
  'timed-out': kept,
  superseded: kept,
  paused: over,
  resumed: over,
  'lease-elapsed': kept,
  'agent-lost': kept,
}

const rowOf = { queued, offered, running, committing } as const

/** What an input makes of a run. */
export function stepRun(facts: RunFacts, input: RunInput): RunStep {
  if ('fence' in input && input.fence !== facts.fence) return stale
  const row = isEndState(facts.state) ? ended : rowOf[facts.state]
  const rule = row[input.type]
  return typeof rule === 'function' ? rule(facts, input) : rule
}
