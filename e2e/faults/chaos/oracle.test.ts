import type { RunState } from '@holdfast/shared-types'
import { describe, expect, test } from 'vitest'
import { findOverlaps } from './agent-words.ts'
import { faultsOfHistory, type HistoryEntry } from './history.ts'
import { describePlan, faultNames, planRound } from './plan-round.ts'

/** Entries from words like `offer queued offered 1`. */
const history = (...steps: readonly string[]): HistoryEntry[] =>
  steps.map((step, index) => {
    const [input = '', from, to, fence] = step.split(' ')
    return { runId: 'r', n: index + 1, input, from: from as RunState, to: to as RunState, fence: Number(fence) }
  })
const good = ['ordered queued queued 0', 'offer queued offered 1', 'accepted offered running 1', 'commit running committing 1']

describe('the oracle sees', () => {
  test('nothing wrong in a good history', () => {
    expect(faultsOfHistory(history(...good, 'finished committing succeeded 1'))).toEqual([])
    expect(
      faultsOfHistory(
        history(...good.slice(0, 2), 'unanswered offered queued 2', 'offer queued offered 3', 'lease-elapsed offered expired 4'),
      ),
    ).toEqual([])
  })

  test.each([
    ['no end', good],
    ['a second end', [...good, 'finished committing succeeded 1', 'lease-elapsed committing expired 2']],
    ['an end that is left', [...good, 'finished committing failed 1', 'offer failed offered 2']],
    ['a step that the machine does not know', [...good, 'agent-lost committing queued 2', 'cancel queued cancelled 3']],
    ['a gap', [...good.slice(0, 2), 'finished running succeeded 1']],
    ['a fence that goes back', [...good, 'finished committing succeeded 0']],
    [
      'the same fence for a second offer',
      [...good.slice(0, 2), 'declined offered queued 1', 'offer queued offered 1', 'finished offered failed 1'],
    ],
  ])('%s', (_, steps) => {
    expect(faultsOfHistory(history(...steps))).not.toEqual([])
  })

  test('two runs of one source at once, and not one after the other', () => {
    const said = (event: string, runId: string) => JSON.stringify({ event, runId, fence: 1 })
    const after = [said('run.accepted', 'a'), said('run.ended', 'a'), said('run.accepted', 'b')]
    const beside = [said('run.accepted', 'a'), said('run.accepted', 'b'), '{"event":"run.acc']
    expect(findOverlaps(after.join('\n'), () => 'source')).toEqual([])
    expect(findOverlaps(beside.join('\n'), () => 'source')).toHaveLength(1)
    expect(findOverlaps(beside.join('\n'), (runId) => runId)).toEqual([])
  })
})

test('a round of a seed is always the same, and a hundred of them play every fault', () => {
  const plans = Array.from({ length: 100 }, (_, index) => planRound(1, index + 1, faultNames))
  expect(plans.map(describePlan)).toEqual(plans.map(({ round }) => describePlan(planRound(1, round, faultNames))))
  expect(new Set(plans.flatMap(({ faults }) => faults.map(({ name }) => name))).size).toBe(faultNames.length)
  for (const { faults } of plans) expect(new Set(faults.map(({ name }) => name)).size).toBe(faults.length)
})
