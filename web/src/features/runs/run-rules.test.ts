import type { Run, RunEvent, RunWarning } from '@holdfast/shared-types'
import { describe, expect, test } from 'vitest'
import { aBackupRun, aDevice, aHexId, aLogLine } from '../../testing/world.ts'
import { groupWarnings, ownWords } from './group-warnings.ts'
import { cutAtHits, findLines, needleOf, nextHit } from './log-search.ts'
import { canRunAgain, orderOf } from './run-again.ts'
import { stepOf } from './run-steps.ts'
import { waitingReason } from './waiting-reason.ts'

const device = aDevice()

describe('a run that waits', () => {
  const nowMs = 1_000_000
  const run = aBackupRun(device, { planId: 'p' as never })
  const around = { isOnline: true, others: [], nowMs }
  const held = (given: object, sources?: string[]) => aBackupRun(device, { state: 'running', ...given }, sources)

  test('says the first thing that keeps it', () => {
    expect(waitingReason({ ...run, notBeforeMs: nowMs + 1 }, { ...around, isOnline: false })).toEqual({ kind: 'retry' })
    expect(waitingReason({ ...run, notBeforeMs: nowMs - 1 }, { ...around, isOnline: false })).toEqual({ kind: 'offline' })
    expect(waitingReason({ ...run, state: 'offered' }, around)).toEqual({ kind: 'offered' })
    expect(waitingReason(run, { ...around, isOnline: null })).toEqual({ kind: 'soon' })
  })

  test('waits behind the run of its plan or of its folders, and not behind one that waits itself', () => {
    const ofPlan = held({ planId: 'p' }, ['/other'])
    const ofFolders = held({})
    const foreign = held({}, ['/other'])
    expect(waitingReason(run, { ...around, others: [run, foreign, ofPlan] })).toEqual({ kind: 'behind', run: ofPlan })
    expect(waitingReason(run, { ...around, others: [ofFolders] })).toEqual({ kind: 'behind', run: ofFolders })
    expect(waitingReason(run, { ...around, others: [foreign] })).toEqual({ kind: 'busy', run: foreign })
    expect(waitingReason(run, { ...around, others: [run, held({ state: 'queued' })] })).toEqual({ kind: 'soon' })
  })
})

test('to run again is to ask for the same, without what the hub fills in', () => {
  const run = aBackupRun(device)
  expect(orderOf(run)).toEqual({ kind: 'backup', sources: [{ path: '/home' }, { path: '/etc' }], full: false })
  const restore: Run['request'] = { kind: 'restore', snapshotId: aHexId(), target: null, flat: false, paths: [], dryRun: true }
  expect(orderOf({ request: restore })).toEqual(restore)
  expect(canRunAgain({ request: restore })).toBe(true)
  expect(canRunAgain({ request: { ...restore, sealedSelection: 'x' } })).toBe(false)
})

test('warnings stand together by what went wrong, most of them first', () => {
  const warning = (path: string, code: string): RunWarning => ({ path, code, message: '' })
  const groups = groupWarnings([warning('/a', 'x'), warning('/b', 'y'), warning('/c', 'y')])
  expect(groups.map(({ code, warnings }) => [code, warnings.map(({ path }) => path)])).toEqual([
    ['y', ['/b', '/c']],
    ['x', ['/a']],
  ])
  expect(ownWords('It may not be read.', ['It may not be read.', ''])).toBeNull()
  expect(ownWords('EIO at 4096', ['It may not be read.'])).toBe('EIO at 4096')
})

describe('a step of a run', () => {
  const event = (given: Partial<RunEvent>): RunEvent => ({
    n: 1,
    atMs: 1,
    input: 'offer',
    fromState: 'queued',
    toState: 'offered',
    fence: 1,
    reason: null,
    ...given,
  })
  test('that ends it says its end and why, whatever moved it', () => {
    const lost = stepOf(event({ input: 'agent-lost', toState: 'failed', reason: 'run.agent-lost' }))
    expect(lost).toMatchObject({ label: 'runs.state.failed', tone: 'error', reason: 'run.agent-lost' })
    expect(stepOf(event({ input: 'cancel', toState: 'cancelled', reason: 'run.cancelled' })).reason).toBeNull()
  })
  test('that does not says what happened; one of a newer hub says its state', () => {
    expect(stepOf(event({ input: 'agent-lost', toState: 'queued' })).label).toBe('runs.step.lost')
    expect(stepOf(event({ input: 'cancel', toState: 'running' })).label).toBe('runs.step.cancel')
    expect(stepOf(event({ input: 'moved-to-the-moon', toState: 'running' })).label).toBe('runs.state.running')
  })
})

describe('the search in a log', () => {
  const lines = [
    aLogLine(3, { message: 'Read (home)' }),
    aLogLine(5, { message: 'Stored', path: '/HOME/a' }),
    aLogLine(9, { message: 'Stored pack' }),
    aLogLine(12, { message: 'home again' }),
  ]
  test('finds plain text in messages and paths, whatever the size of its letters', () => {
    expect(findLines(lines, needleOf(' home '))).toEqual([0, 1, 3])
    expect(findLines(lines, needleOf('(home)'))).toEqual([0])
    expect(findLines(lines, needleOf('  '))).toEqual([])
  })
  test('marks each hit and loses no letter', () => {
    const parts = cutAtHits('a.b a.b!', needleOf('A.B'))
    expect(parts.map(({ text }) => text).join('')).toBe('a.b a.b!')
    expect(parts.filter(({ isHit }) => isHit)).toHaveLength(2)
    expect(cutAtHits('', needleOf('x'))).toEqual([{ text: '', isHit: false }])
  })
  test('goes on from the line that is looked at, round the ends, also where lines are gone meanwhile', () => {
    const hits = [0, 1, 3]
    expect(nextHit(hits, lines, null, 1)).toBe(0)
    expect(nextHit(hits, lines, 3, 1)).toBe(1)
    expect(nextHit(hits, lines, 12, 1)).toBe(0)
    expect(nextHit(hits, lines, 3, -1)).toBe(2)
    expect(nextHit(hits, lines, 7, -1)).toBe(1)
    expect(nextHit(hits, lines, 7, 1)).toBe(2)
    expect(nextHit([], lines, 7, 1)).toBeNull()
  })
})
