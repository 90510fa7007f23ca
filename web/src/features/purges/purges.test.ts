// @vitest-environment node
import { AgentId, PurgeSelection, type Purge, type PurgePreview, type SnapshotId } from '@holdfast/shared-types'
import { describe, expect, test } from 'vitest'
import { aPurge, aPurgePreview } from '../../testing/purge-world.ts'
import { choiceOf, emptyDraft, purgeMistakes, type PurgeDraft } from './purge-choice.ts'
import { isUnderWay, isWordTyped, obstacleOf, rewrittenShare, waitsOf } from './purge-words.ts'

const agentId = AgentId.parse('00000000-0000-4000-8000-0000000000ab')
const draft = (given: Partial<PurgeDraft>): PurgeDraft => ({ ...emptyDraft, ...given })
const kinds = (given: Partial<PurgeDraft>) => {
  const { paths, patterns } = purgeMistakes(draft(given))
  return [...paths, ...patterns].map(({ kind }) => kind)
}

describe('what is typed', () => {
  test('is a line each, and empty lines say nothing', () => {
    expect(choiceOf(draft({ paths: ' /etc/shadow \r\n\n/home/ada/keys\n', patterns: '*.pem\n\n/secrets/', agentIds: [agentId] }))).toEqual({
      agentIds: [agentId],
      paths: [{ path: '/etc/shadow' }, { path: '/home/ada/keys' }],
      patterns: ['*.pem', '/secrets/'],
    })
  })

  test('without a device means all of them', () => expect(choiceOf(draft({ paths: '/x' })).agentIds).toBeNull())

  test.each([
    ['nothing', {}, ['nothing']],
    ['nothing but empty lines', { paths: '\n \n', patterns: '\n' }, ['nothing']],
    ['an absolute path', { paths: '/home' }, []],
    ['a path of Windows', { paths: 'C:\\Users\\Ada\\key.txt' }, []],
    ['a share of Windows', { paths: '\\\\server\\share\\key.txt' }, []],
    ['a path from nowhere', { paths: 'home/ada' }, ['relative']],
    ['the whole device', { paths: '/' }, ['everything']],
    ['the whole device, spelled otherwise', { paths: '//./' }, ['everything']],
    ['a whole drive', { paths: 'C:\\' }, ['everything']],
    ['a path that begins with dots', { paths: '/..data' }, []],
    ['a pattern', { patterns: '*.pem' }, []],
    ['a comment', { patterns: '# keys' }, ['pattern']],
    ['a pattern that leaves its source', { patterns: '../x' }, ['pattern']],
    ['more lines than the hub takes', { paths: '/x\n'.repeat(1001) }, ['many']],
    ['a path that is too long', { paths: `/${'x'.repeat(32_768)}` }, ['long']],
  ])('%s', (_, given, expected) => expect(kinds(given)).toEqual(expected))

  test('mistakes name their line', () => {
    expect(purgeMistakes(draft({ paths: '/a\n\nb' })).paths).toEqual([{ kind: 'relative', line: 3 }])
  })

  test('is taken by the hub where no mistake is found', () => {
    const choice = choiceOf(draft({ paths: '/home/ada/keys', patterns: '*.pem' }))
    expect(PurgeSelection.safeParse(choice).success).toBe(true)
  })
})

describe('what is in the way', () => {
  const id = 'ab'.repeat(16) as SnapshotId
  const obstacle = (given: Partial<PurgePreview>, keepsUndo = true) => obstacleOf(aPurgePreview(given), keepsUndo)?.kind ?? null

  test('of something that is found, nothing', () => expect(obstacle({})).toBeNull())
  test('held ones, and before them those that nobody can read', () => {
    expect(obstacle({ held: [id] })).toBe('held')
    expect(obstacle({ held: [id], unreadable: [id] })).toBe('unreadable')
  })
  test('those that are in use are waited for', () => expect(obstacle({ inUse: [id] })).toBeNull())
  test('what no snapshot has cannot leave', () => expect(obstacle({ snapshotsAffected: 0, deletedAffected: 0 })).toBe('nothing'))
  test('what deleted ones alone have can leave only for good', () => {
    expect(obstacle({ snapshotsAffected: 0, deletedAffected: 2 })).toBe('nothing')
    expect(obstacle({ snapshotsAffected: 0, deletedAffected: 2 }, false)).toBeNull()
  })
})

test('the word is taken as phones write it, and nothing else is', () => {
  expect(isWordTyped(' Remove ', 'remove')).toBe(true)
  expect(isWordTyped('', 'remove')).toBe(false)
  expect(isWordTyped('remov', 'remove')).toBe(false)
})

describe('where a purge stands', () => {
  const waits = (given: Partial<Purge>) => waitsOf(aPurge(given), 1000).map(({ kind }) => kind)
  const waitingFor = { snapshots: 3, undoUntilMs: 2000, segments: 4 }

  test('content waits for the undo time, for old snapshots and for what holds it', () => {
    expect(waits({ state: 'collecting', waitingFor })).toEqual(['undo', 'snapshots', 'pieces'])
    expect(waits({ state: 'collecting', waitingFor: { ...waitingFor, undoUntilMs: 999 } })).toEqual(['snapshots', 'pieces'])
    expect(waits({ state: 'collecting', waitingFor: { snapshots: 0, undoUntilMs: null, segments: 1 } })).toEqual(['pieces'])
  })
  test('what waits for nothing known is still to be proved', () => {
    expect(waits({ state: 'collecting', waitingFor: null })).toEqual(['proof'])
    expect(waits({ state: 'collecting', waitingFor: { snapshots: 0, undoUntilMs: null, segments: 0 } })).toEqual(['proof'])
  })
  test.each(['rewriting', 'done', 'failed'] as const)('one that is %s waits for nothing', (state) =>
    expect(waits({ state, waitingFor })).toEqual([]),
  )
  test('it is under way until its content is gone', () => {
    expect((['rewriting', 'collecting', 'done', 'failed'] as const).map((state) => isUnderWay({ state }))).toEqual([
      true,
      true,
      false,
      false,
    ])
  })
  test('how far it is is only said where that is known', () => {
    expect(rewrittenShare({ progress: null })).toBeNull()
    expect(rewrittenShare({ progress: { done: 0, total: 0 } })).toBeNull()
    expect(rewrittenShare({ progress: { done: 1, total: 4 } })).toBe(0.25)
  })
})
