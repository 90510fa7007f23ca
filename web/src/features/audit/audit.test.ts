import type { AuditEntry } from '@holdfast/shared-types'
import { describe, expect, test } from 'vitest'
import { actionLabel, knownActions, sentenceOf } from './audit-actions.ts'
import { csvCell, csvHead, csvLine } from './audit-export.ts'
import { filterCall, filterQuery, isFiltered, readFilter } from './audit-filter.ts'
import { detailValue } from './entry-names.ts'
import { textOf } from '../../platform/i18n/text.ts'

describe('the filter', () => {
  test('is what the address says, and says it again', () => {
    const query = { actor: 'a', action: 'signIn', object: 'o', outcome: 'refused', from: '2026-11-01', to: '2026-11-02' }
    expect(filterQuery(readFilter(query))).toEqual(query)
    expect(isFiltered(readFilter({}))).toBe(false)
  })
  test('leaves out what is none', () => {
    const filter = readFilter({ actor: ['a'], action: '', object: 'x'.repeat(101), outcome: 'nice', from: '2026-02-30', to: 'yesterday' })
    expect(filterQuery(filter)).toEqual({})
    expect(filterCall(filter)).toEqual({})
  })
  test('takes days whole, as the reader’s calendar has them', () => {
    expect(filterCall(readFilter({ from: '2026-11-01', to: '2026-11-01' }))).toEqual({
      sinceMs: new Date(2026, 10, 1).getTime(),
      untilMs: new Date(2026, 10, 2).getTime(),
    })
  })
})

describe('sentences', () => {
  const told = (action: string, outcome: AuditEntry['outcome'], object: string | null) => {
    const label = actionLabel(action)
    const { key, named } = sentenceOf({ action, outcome, object: null }, { actor: 'Ada', object }, label === null ? action : textOf(label))
    return textOf(key, named)
  }
  test('say who did what', () => {
    expect(told('createUser', 'done', 'Grace')).toBe('Ada invited Grace')
    expect(told('command:hub.stop', 'done', null)).toBe('Ada stopped the hub')
  })
  test('never say done of what was not', () => {
    for (const action of knownActions)
      for (const object of ['Grace', null]) expect(told(action, 'refused', object), action).not.toBe(told(action, 'done', object))
    expect(told('signIn', 'refused', 'Grace')).toBe('A sign-in as Grace failed')
    expect(told('removeUser', 'refused', 'Grace')).toBe('Ada was refused: Remove an account (Grace)')
    expect(told('testStore', 'failed', null)).toBe('Failed for Ada: Test a store')
  })
  test('have a form for every action, with and without a name, and leave no gap', () => {
    for (const action of knownActions)
      for (const object of ['Grace', null]) expect(told(action, 'done', object), action).not.toMatch(/\{|\s\s|\s$/)
  })
  test('tell an action of a newer hub by its own name', () => {
    expect(told('moonLanding', 'done', 'Eagle')).toBe('Ada: moonLanding (Eagle)')
    expect(told('command:constructor', 'done', null)).toBe('Ada: command:constructor')
  })
})

describe('the export', () => {
  const entry: AuditEntry = {
    id: 7,
    atMs: Date.UTC(2026, 10, 21),
    actor: { kind: 'person', id: 'p', name: '=cmd|"x"', viaTokenId: null },
    action: 'signIn',
    object: null,
    address: '10.0.0.1',
    outcome: 'done',
    code: null,
    requestId: null,
    details: { role: 'admin, too' },
  }
  test('has as many cells as its head, and quotes what must be', () => {
    expect(csvHead.trim().split(',')).toHaveLength(15)
    expect(csvLine(entry)).toBe(
      `7,2026-11-21T00:00:00.000Z,person,p,"'=cmd|""x""",,signIn,done,,,,,10.0.0.1,,"{""role"":""admin, too""}"\r\n`,
    )
  })
  test.each(['=1+1', '+1', '-1', '@x', '\tx'])('gives a spreadsheet no formula: %j', (text) => expect(csvCell(text)).toMatch(/^"?'/))
  test('leaves a negative number what it is', () => expect(csvCell(-1)).toBe('-1'))
})

test('a word of the hub is told in words, and anything else as it is', () => {
  expect(detailValue('role', 'admin')).toBe('Administrator')
  expect(detailValue('changed', 'role, email, moon')).toBe('role, e-mail address, moon')
  expect(detailValue('name', 'admin')).toBe('admin')
  expect(detailValue('kind', 'constructor')).toBe('constructor')
  expect(detailValue('devices', null)).toBe('All')
  expect(detailValue('versionsPerFile', null)).toBe('All')
  expect(detailValue('uploadBytesPerSecond', null)).toBe('none')
  expect(detailValue('restoredFrom', 'some day')).toBe('some day')
  expect(detailValue('paths', 1200)).toBe('1,200')
})
