import { activeRunStates, endRunStates, isEndState, type RunState, type SnapshotStatus } from '@holdfast/shared-types'
import { describe, expect, test } from 'vitest'
import { stepRun, type RunFacts, type RunInput, type RunInputType, type RunStep } from './run-machine.ts'

const fence = 3
const inputs: { readonly [T in RunInputType]: readonly Extract<RunInput, { type: T }>[] } = {
  offer: [{ type: 'offer' }],
  accepted: [{ type: 'accepted', fence }],
  declined: [{ type: 'declined', fence }],
  'not-understood': [{ type: 'not-understood', fence }],
  'given-up': [{ type: 'given-up' }],
  unanswered: [{ type: 'unanswered', fence }],
  progress: [{ type: 'progress', fence }],
  commit: [{ type: 'commit', fence }],
  finished: (['succeeded', 'warning', 'failed', 'cancelled'] as const).map((outcome) => ({ type: 'finished', fence, outcome })),
  cancel: [
    { type: 'cancel', isReachable: true },
    { type: 'cancel', isReachable: false },
  ],
  'cancel-unconfirmed': [{ type: 'cancel-unconfirmed' }],
  'lease-elapsed': [{ type: 'lease-elapsed' }],
  'in-hand': [
    { type: 'in-hand', fence, isCommitting: false },
    { type: 'in-hand', fence, isCommitting: true },
  ],
  'timed-out': [
    { type: 'timed-out', isReachable: true },
    { type: 'timed-out', isReachable: false },
  ],
  paused: [{ type: 'paused', fence }],
  resumed: [{ type: 'resumed', fence }],
  superseded: [{ type: 'superseded' }],
  'agent-lost': [{ type: 'agent-lost' }],
}
const allInputs: readonly RunInput[] = Object.values(inputs).flat()
const allStates: readonly RunState[] = [...activeRunStates, ...endRunStates]
const committedOf: readonly (SnapshotStatus | null)[] = [null, 'complete', 'complete-with-errors', 'partial']

const short = (step: RunStep): string => {
  if (step.kind === 'refused') return `refused ${step.code}`
  if (step.kind === 'kept') return step.alive ? 'alive' : 'kept'
  return [step.state, step.fence === 'next' ? 'fence+' : '', step.reason ?? ''].filter(Boolean).join(' ')
}
const named = (input: RunInput): string =>
  [
    input.type,
    'outcome' in input ? input.outcome : '',
    'isReachable' in input ? (input.isReachable ? 'reachable' : 'offline') : '',
    'isCommitting' in input && input.isCommitting ? 'committing' : '',
  ]
    .filter(Boolean)
    .join(' ')
const walk = (state: RunState, committed: SnapshotStatus | null, isTimedOut = false) =>
  Object.fromEntries(allInputs.map((input) => [named(input), short(stepRun({ state, fence, committed, isTimedOut }, input))]))

describe('every state and every input', () => {
  test('queued: is offered or cancelled; nobody holds it', () => {
    expect(walk('queued', null)).toEqual({
      offer: 'offered fence+',
      accepted: 'refused run.fence-stale',
      declined: 'kept',
      'not-understood': 'kept',
      'given-up': 'failed fence+ agent.busy',
      unanswered: 'kept',
      progress: 'refused run.fence-stale',
      commit: 'refused run.fence-stale',
      'finished succeeded': 'refused run.fence-stale',
      'finished warning': 'refused run.fence-stale',
      'finished failed': 'refused run.fence-stale',
      'finished cancelled': 'refused run.fence-stale',
      'cancel reachable': 'cancelled fence+ run.cancelled',
      'cancel offline': 'cancelled fence+ run.cancelled',
      'cancel-unconfirmed': 'kept',
      'lease-elapsed': 'kept',
      'in-hand': 'refused run.fence-stale',
      'in-hand committing': 'refused run.fence-stale',
      'timed-out reachable': 'kept',
      'timed-out offline': 'kept',
      paused: 'refused run.fence-stale',
      resumed: 'refused run.fence-stale',
      superseded: 'cancelled fence+ run.superseded',
      'agent-lost': 'kept',
    })
  })

  test('offered: is taken by word or by work, or comes back', () => {
    expect(walk('offered', null)).toEqual({
      offer: 'kept',
      accepted: 'running',
      declined: 'queued fence+',
      'not-understood': 'failed fence+ agent.outdated',
      'given-up': 'failed fence+ agent.busy',
      unanswered: 'queued fence+',
      progress: 'running',
      commit: 'committing',
      'finished succeeded': 'succeeded',
      'finished warning': 'warning',
      'finished failed': 'failed',
      'finished cancelled': 'cancelled',
      'cancel reachable': 'offered',
      'cancel offline': 'cancelled fence+ run.cancelled',
      'cancel-unconfirmed': 'cancelled fence+ run.cancelled',
      'lease-elapsed': 'expired fence+ run.expired',
      'in-hand': 'running',
      'in-hand committing': 'committing',
      'timed-out reachable': 'kept',
      'timed-out offline': 'kept',
      paused: 'running',
      resumed: 'running',
      superseded: 'cancelled fence+ run.superseded',
      'agent-lost': 'queued fence+',
    })
  })

  test('running: ends by its agent, or by the hub with a new fence', () => {
    expect(walk('running', null)).toEqual({
      offer: 'kept',
      accepted: 'kept',
      declined: 'kept',
      'not-understood': 'kept',
      'given-up': 'kept',
      unanswered: 'kept',
      progress: 'alive',
      commit: 'committing',
      'finished succeeded': 'succeeded',
      'finished warning': 'warning',
      'finished failed': 'failed',
      'finished cancelled': 'cancelled',
      'cancel reachable': 'running',
      'cancel offline': 'cancelled fence+ run.cancelled',
      'cancel-unconfirmed': 'cancelled fence+ run.cancelled',
      'lease-elapsed': 'expired fence+ run.expired',
      'in-hand': 'alive',
      'in-hand committing': 'committing',
      'timed-out reachable': 'running',
      'timed-out offline': 'failed fence+ run.timed-out',
      paused: 'running',
      resumed: 'running',
      superseded: 'kept',
      'agent-lost': 'failed fence+ run.agent-lost',
    })
  })

  test('committing: as running, and stays committing', () => {
    expect(walk('committing', null)).toEqual({
      ...walk('running', null),
      commit: 'alive',
      paused: 'kept',
      resumed: 'kept',
      'timed-out reachable': 'kept',
      'timed-out offline': 'kept',
      'cancel reachable': 'committing',
      'in-hand committing': 'alive',
    })
  })

  test.each(endRunStates)('%s: is for ever; repeats are acknowledged', (state) => {
    for (const committed of committedOf) {
      expect(walk(state, committed)).toEqual({
        offer: 'kept',
        accepted: 'refused run.already-finished',
        declined: 'kept',
        'not-understood': 'kept',
        'given-up': 'kept',
        unanswered: 'kept',
        progress: 'refused run.already-finished',
        commit: 'refused run.already-finished',
        'finished succeeded': 'kept',
        'finished warning': 'kept',
        'finished failed': 'kept',
        'finished cancelled': 'kept',
        'cancel reachable': 'refused run.already-finished',
        'cancel offline': 'refused run.already-finished',
        'cancel-unconfirmed': 'kept',
        'timed-out reachable': 'kept',
        'timed-out offline': 'kept',
        paused: 'refused run.already-finished',
        resumed: 'refused run.already-finished',
        superseded: 'kept',
        'lease-elapsed': 'kept',
        'in-hand': 'kept',
        'in-hand committing': 'kept',
        'agent-lost': 'kept',
      })
    }
  })

  test.each([
    ['complete', 'succeeded fence+'],
    ['complete-with-errors', 'warning fence+'],
    ['partial', 'warning fence+'],
  ] as const)('a committed snapshot that is %s makes it %s, whatever took the run away', (committed, expected) => {
    for (const state of ['running', 'committing'] as const) {
      const seen = walk(state, committed)
      for (const input of [
        'cancel offline',
        'cancel-unconfirmed',
        'lease-elapsed',
        'agent-lost',
        ...(state === 'running' ? ['timed-out offline'] : []),
      ])
        expect([state, input, seen[input]]).toEqual([state, input, expected])
    }
  })
})

test('a run that was told to stop for its time, and is not heard of, failed for that reason', () => {
  expect(walk('running', null, true)['cancel-unconfirmed']).toBe('failed fence+ run.timed-out')
  expect(walk('running', 'complete', true)['cancel-unconfirmed']).toBe('succeeded fence+')
})

describe('laws', () => {
  /** Everything that one run can go through, to a depth at which nothing new comes. */
  const reachable = (): Map<string, RunFacts> => {
    const seen = new Map<string, RunFacts>()
    const visit = (facts: RunFacts, depth: number): void => {
      const key = `${facts.state} ${facts.fence} ${facts.committed} ${facts.isTimedOut}`
      if (seen.has(key) || depth > 8) return
      seen.set(key, facts)
      for (const template of allInputs) {
        for (const held of [facts.fence, facts.fence - 1]) {
          const input = 'fence' in template ? { ...template, fence: held } : template
          const step = stepRun(facts, input)
          if (step.kind === 'moved') visit({ ...facts, state: step.state, fence: facts.fence + (step.fence === 'next' ? 1 : 0) }, depth + 1)
        }
      }
    }
    for (const committed of committedOf)
      for (const isTimedOut of [false, true]) visit({ state: 'queued', fence: 0, committed, isTimedOut }, 0)
    return seen
  }

  test('a stale fence never changes anything', () => {
    for (const facts of reachable().values()) {
      for (const template of allInputs) {
        if (!('fence' in template)) continue
        for (const held of [facts.fence - 1, facts.fence + 1])
          expect(stepRun(facts, { ...template, fence: held })).toEqual({ kind: 'refused', code: 'run.fence-stale' })
      }
    }
  })

  test('an end is an end: no input leads out of it', () => {
    for (const facts of reachable().values()) {
      if (!isEndState(facts.state)) continue
      for (const input of allInputs)
        expect(stepRun(facts, 'fence' in input ? { ...input, fence: facts.fence } : input).kind).not.toBe('moved')
    }
  })

  test('whatever the hub takes back gets a new fence', () => {
    for (const state of allStates) {
      for (const committed of committedOf) {
        for (const input of allInputs) {
          const step = stepRun({ state, fence, committed, isTimedOut: false }, input)
          if (step.kind !== 'moved' || input.type === 'finished') continue
          const isTakenBack = step.state === 'queued' || isEndState(step.state)
          if (isTakenBack) expect([state, named(input), step.fence]).toEqual([state, named(input), 'next'])
        }
      }
    }
  })

  test('from every active state a lost agent and a lease lead to an end or back to the queue', () => {
    for (const state of ['offered', 'running', 'committing'] as const) {
      for (const type of ['lease-elapsed', 'agent-lost', 'cancel-unconfirmed'] as const) {
        const step = stepRun({ state, fence, committed: null, isTimedOut: false }, { type })
        expect(step).toMatchObject({ kind: 'moved', fence: 'next' })
        if (step.kind === 'moved') expect(isEndState(step.state) || step.state === 'queued').toBe(true)
      }
    }
  })

  test('the walk reaches every state', () => {
    expect(new Set([...reachable().values()].map((facts) => facts.state))).toEqual(new Set(allStates))
  })
})
