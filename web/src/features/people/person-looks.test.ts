import type { Account } from '@holdfast/shared-types'
import { describe, expect, test } from 'vitest'
import { changesOf, listedPeople, ordersFor, personState } from './person-looks.ts'

const person = (given: Partial<Account>): Account => ({
  id: '00000000-0000-4000-8000-000000000001' as Account['id'],
  name: 'Ada',
  email: 'ada@example.org',
  role: 'admin',
  hasPassword: true,
  createdAtMs: 1,
  disabledAtMs: null,
  lastSeenAtMs: null,
  ...given,
})

test('a disabled account is disabled, with or without a password', () => {
  expect([person({}), person({ hasPassword: false }), person({ hasPassword: false, disabledAtMs: 5 })].map(personState)).toEqual([
    'active',
    'invited',
    'disabled',
  ])
})

test('the list is by name, closed accounts last, and searched by name and address', () => {
  const people = [person({ name: 'Zoe' }), person({ name: 'Bob', disabledAtMs: 1 }), person({ name: 'Cy', email: 'CY@other.org' })]
  expect(listedPeople(people, '').map(({ name }) => name)).toEqual(['Cy', 'Zoe', 'Bob'])
  expect(listedPeople(people, ' OTHER ').map(({ name }) => name)).toEqual(['Cy'])
})

test('a closed account gets no sign-in link: the hub would refuse it', () => {
  expect(ordersFor(person({ disabledAtMs: 1 }))).toEqual(['enable', 'remove'])
})

describe('what is sent of a form', () => {
  test('is only what is different', () => {
    expect(changesOf(person({}), { name: ' Ada ', email: 'ada@example.org', role: 'viewer' })).toEqual({ role: 'viewer' })
    expect(changesOf(person({ email: null }), { name: 'Ada', email: 'a@b.org', role: 'admin' })).toEqual({ email: 'a@b.org' })
  })
  test('is nothing when nothing is', () => {
    expect(changesOf(person({ email: null }), { name: 'Ada', email: '', role: 'admin' })).toBeNull()
  })
})
