import { AppError, isEndState, RunId, type RunState } from '@holdfast/shared-types'
import { dutyOnOffer, dutyOnProgress, isMeant } from '../../agent/src/runs/run-duty.ts'
import { honestOutcome } from '../../hub/src/features/runs/honest-outcome.ts'
import { stepRun, type RunInput } from '../../hub/src/features/runs/run-machine.ts'

/*
 * The life of one backup as hub and agent live it together, over a channel that loses, repeats and reorders whatever it carries. Both
 * halves ask the code that the product runs; what is written here is only how words travel and when people, clocks and crashes come in.
 */

const runId = RunId.parse('00000000-0000-4000-8000-000000000001')

type Outcome = 'succeeded' | 'failed' | 'cancelled'

/** On its way, either way. Every word names the fence it was said under. */
export type Word =
  | {
      readonly to: 'agent'
      readonly kind: 'offer' | 'cancel' | 'stop' | 'commit-done' | 'commit-refused' | 'heard'
      readonly fence: number
    }
  | { readonly to: 'hub'; readonly kind: 'accepted' | 'declined' | 'unknown' | 'progress' | 'commit'; readonly fence: number }
  | { readonly to: 'hub'; readonly kind: 'finished'; readonly fence: number; readonly outcome: Outcome }

export interface World {
  readonly hub: {
    readonly state: RunState
    readonly fence: number
    /** The fence under which its snapshot was committed. */
    readonly committedUnder: number | null
    readonly isCancelAsked: boolean
  }
  /** Null: nothing in hand. */
  readonly hand: {
    readonly fence: number
    readonly phase: 'working' | 'committing' | 'committed'
    readonly stop: 'cancelled' | null
  } | null
  /** On the agent's disk until the hub has heard it. */
  readonly owed: { readonly fence: number; readonly outcome: Outcome } | null
  /** In no order. */
  readonly air: readonly Word[]
}

export const firstWorld: World = {
  hub: { state: 'queued', fence: 0, committedUnder: null, isCancelAsked: false },
  hand: null,
  owed: null,
  air: [],
}

export interface Bounds {
  /** The run is offered while its fence is below this one; each offer raises it, and so does each return to the queue. */
  readonly fences: number
  /** Words on their way at once; one more is lost. */
  readonly words: number
}

export interface Step {
  readonly name: string
  readonly world: World
  /** It needs somebody's wish, a crash or a loss: nobody may count on it to happen. */
  readonly isFault: boolean
}

/** Says a word, which may be lost on the way: then it is as if the channel were full. */
function say(world: World, word: Word, { words }: Bounds): World {
  return world.air.length >= words ? world : { ...world, air: [...world.air, word] }
}

/** The hub's half: the machine, and the two rules around it (apply-to-run.ts). @throws AppError as the machine refuses */
function hubTakes(world: World, input: RunInput): World {
  const { hub } = world
  const facts = {
    state: hub.state,
    fence: hub.fence,
    committed: hub.committedUnder === null ? null : ('complete' as const),
    isTimedOut: false,
  }
  const asked = stepRun(facts, input)
  const isUnwanted = asked.kind === 'moved' && asked.state === 'queued' && hub.isCancelAsked
  const step = isUnwanted ? stepRun(facts, { type: 'cancel-unconfirmed' }) : asked
  if (step.kind === 'refused') throw new AppError(step.code)
  if (step.kind === 'kept') return world
  const isCancelAsked = !isEndState(step.state) && (hub.isCancelAsked || input.type === 'cancel')
  return { ...world, hub: { ...hub, state: step.state, fence: step.fence === 'next' ? hub.fence + 1 : hub.fence, isCancelAsked } }
}

function tryHub(world: World, input: RunInput): World {
  try {
    return hubTakes(world, input)
  } catch {
    return world // Refused: nothing has changed.
  }
}

/** A word arrives; it may arrive again. */
function arrive(world: World, word: Word, bounds: Bounds): World {
  return word.to === 'hub' ? arriveAtHub(world, word, bounds) : arriveAtAgent(world, word, bounds)
}

function arriveAtHub(world: World, word: Word & { to: 'hub' }, bounds: Bounds): World {
  const { fence } = word
  switch (word.kind) {
    case 'accepted':
    case 'declined':
      return tryHub(world, { type: word.kind, fence })
    case 'unknown':
      return world.hub.fence === fence ? tryHub(world, { type: 'cancel-unconfirmed' }) : world
    case 'progress':
      return answerProgress(world, fence, bounds)
    case 'commit':
      return answerCommit(world, fence, bounds)
    case 'finished':
      return answerFinished(world, word, bounds)
  }
}

function answerProgress(world: World, fence: number, bounds: Bounds): World {
  try {
    const next = hubTakes(world, { type: 'progress', fence })
    return next.hub.isCancelAsked ? say(next, { to: 'agent', kind: 'stop', fence }, bounds) : next
  } catch {
    return say(world, { to: 'agent', kind: 'stop', fence }, bounds)
  }
}

/** Snapshot and state are one transaction (commit-session.ts). The same commit again gets the same answer. */
function answerCommit(world: World, fence: number, bounds: Bounds): World {
  if (world.hub.committedUnder === fence) return say(world, { to: 'agent', kind: 'commit-done', fence }, bounds)
  try {
    const next = hubTakes(world, { type: 'commit', fence })
    return say({ ...next, hub: { ...next.hub, committedUnder: fence } }, { to: 'agent', kind: 'commit-done', fence }, bounds)
  } catch {
    return say(world, { to: 'agent', kind: 'commit-refused', fence }, bounds)
  }
}

function answerFinished(world: World, { fence, outcome }: Word & { kind: 'finished' }, bounds: Bounds): World {
  const heard: Word = { to: 'agent', kind: 'heard', fence }
  const committed = world.hub.committedUnder === null ? null : ('complete' as const)
  const honest = honestOutcome({
    kind: 'backup',
    outcome,
    result: null,
    error: null,
    warningCount: 0,
    committed,
    isTimedOut: false,
    shrinkage: null,
  })
  // Stale or not, the agent need not say it again.
  return say(tryHub(world, { type: 'finished', fence, outcome: honest.outcome }), heard, bounds)
}

function arriveAtAgent(world: World, word: Word & { to: 'agent' }, bounds: Bounds): World {
  const { fence } = word
  const { hand } = world
  const isMine = isMeant(hand === null ? undefined : { runId, fence: hand.fence }, { runId, fence })
  switch (word.kind) {
    case 'offer':
      return answerOffer(world, fence, bounds)
    case 'cancel':
      return isMine ? stopped(world) : say(world, { to: 'hub', kind: 'unknown', fence }, bounds)
    case 'stop':
      return isMine && dutyOnProgress({ goOn: false }) === 'stop' ? stopped(world) : world
    case 'commit-done':
    case 'commit-refused':
      return isMine ? hearOfCommit(world, word.kind === 'commit-done') : world
    case 'heard':
      return world.owed?.fence === fence ? { ...world, owed: null } : world
  }
}

function hearOfCommit(world: World, isDone: boolean): World {
  if (world.hand?.phase !== 'committing') return world
  return isDone ? { ...world, hand: { ...world.hand, phase: 'committed' } } : ended(world, 'failed')
}

const heldBy = ({ hand, owed }: World) => [hand, owed].filter((held) => held !== null).map(({ fence }) => ({ runId, fence }))

function answerOffer(world: World, fence: number, bounds: Bounds): World {
  const accepted: Word = { to: 'hub', kind: 'accepted', fence }
  switch (dutyOnOffer(heldBy(world), { runId, fence })) {
    case 'same':
      return say(world, accepted, bounds)
    case 'older':
      return say(world, { to: 'hub', kind: 'declined', fence }, bounds)
    case 'replace':
    case 'take':
      return say({ ...world, owed: null, hand: { fence, phase: 'working', stop: null } }, accepted, bounds)
  }
}

const stopped = (world: World): World => (world.hand === null ? world : { ...world, hand: { ...world.hand, stop: 'cancelled' } })
const ended = (world: World, outcome: Outcome): World =>
  world.hand === null ? world : { ...world, hand: null, owed: { fence: world.hand.fence, outcome } }

/** Both say what they hold, and each run is settled to one truth (settle-hello.ts). */
function hello(world: World): World {
  const first = heldBy(world).find(({ fence }) => fence === world.hub.fence)
  const isHeldByHub = ['offered', 'running', 'committing'].includes(world.hub.state)
  const isCommitting = world.hand?.fence === world.hub.fence && world.hand.phase !== 'working'
  const settled =
    first !== undefined
      ? isEndState(world.hub.state)
        ? world
        : tryHub(world, { type: 'in-hand', fence: first.fence, isCommitting })
      : isHeldByHub
        ? tryHub(world, { type: 'agent-lost' })
        : world
  // What the hub does not count on is dropped, and nothing more is told of it.
  const keeps = (fence: number): boolean => fence === world.hub.fence
  return {
    ...settled,
    hand: settled.hand !== null && keeps(settled.hand.fence) ? settled.hand : null,
    owed: settled.owed !== null && keeps(settled.owed.fence) ? settled.owed : null,
  }
}

/** Everything that can happen next. */
export function stepsFrom(world: World, bounds: Bounds): Step[] {
  return [...stepsOfAir(world, bounds), ...stepsOfHub(world, bounds), ...stepsOfAgent(world, bounds)].filter((step) => step.world !== world)
}

function stepsOfAir(world: World, bounds: Bounds): Step[] {
  return world.air.flatMap((word, index) => {
    const without = { ...world, air: world.air.filter((_, place) => place !== index) }
    const name = `${word.kind} ${word.fence}`
    return [
      { name: `${name} arrives`, world: arrive(without, word, bounds), isFault: false },
      { name: `${name} arrives and comes again`, world: arrive(world, word, bounds), isFault: true },
      { name: `${name} is lost`, world: without, isFault: true },
    ]
  })
}

function stepsOfHub(world: World, bounds: Bounds): Step[] {
  const { state, fence, isCancelAsked } = world.hub
  const steps: Step[] = [
    { name: 'hello', world: hello(world), isFault: false },
    { name: 'cancel, device offline', world: tryHub(world, { type: 'cancel', isReachable: false }), isFault: true },
    {
      name: 'cancel',
      world: say(tryHub(world, { type: 'cancel', isReachable: true }), { to: 'agent', kind: 'cancel', fence }, bounds),
      isFault: true,
    },
  ]
  if (state === 'queued' && fence < bounds.fences) {
    const offered = tryHub(world, { type: 'offer' })
    steps.push({ name: 'offer', world: say(offered, { to: 'agent', kind: 'offer', fence: offered.hub.fence }, bounds), isFault: false })
  }
  if (state === 'queued' || state === 'offered')
    // After many offers, which these bounds do not have room for.
    steps.push({ name: 'given up', world: tryHub(world, { type: 'given-up' }), isFault: fence < bounds.fences })
  if (state === 'offered') steps.push({ name: 'unanswered', world: tryHub(world, { type: 'unanswered', fence }), isFault: false })
  if (state === 'offered' || state === 'running' || state === 'committing') {
    steps.push({ name: 'lease over', world: tryHub(world, { type: 'lease-elapsed' }), isFault: false })
    if (isCancelAsked) steps.push({ name: 'cancel unconfirmed', world: tryHub(world, { type: 'cancel-unconfirmed' }), isFault: false })
  }
  return steps
}

function stepsOfAgent(world: World, bounds: Bounds): Step[] {
  const { hand, owed } = world
  const steps: Step[] = []
  if (owed !== null)
    steps.push({ name: 'tells its end', world: say(world, { to: 'hub', kind: 'finished', ...owed }, bounds), isFault: false })
  if (hand === null) return steps
  const { fence, phase, stop } = hand
  steps.push({ name: 'agent dies', world: { ...world, hand: null }, isFault: true })
  steps.push({ name: 'progress', world: say(world, { to: 'hub', kind: 'progress', fence }, bounds), isFault: false })
  if (stop === 'cancelled' && phase === 'working') steps.push({ name: 'ends cancelled', world: ended(world, 'cancelled'), isFault: false })
  if (stop === null && phase === 'working') {
    const committing = { ...world, hand: { ...hand, phase: 'committing' as const } }
    steps.push({ name: 'commits', world: say(committing, { to: 'hub', kind: 'commit', fence }, bounds), isFault: false })
    steps.push({ name: 'fails', world: ended(world, 'failed'), isFault: true })
  }
  if (phase === 'committing') {
    steps.push({ name: 'commits again', world: say(world, { to: 'hub', kind: 'commit', fence }, bounds), isFault: false })
    // Out of patience: whether the snapshot exists is not known here.
    steps.push({ name: 'gives up the commit', world: ended(world, 'failed'), isFault: true })
  }
  if (phase === 'committed') steps.push({ name: 'succeeds', world: ended(world, 'succeeded'), isFault: false })
  return steps
}
