import { describe, expect, test } from 'vitest'
import { checkCredentials, checkIdentity, checkNewPassword } from './check-credentials.ts'
import { guardSignIn, readLinkToken, safeReturnTo } from './sign-in-guard.ts'

const to = (name: string, fullPath: string, rest: { hash?: string; query?: Record<string, string> } = {}) => ({
  name,
  fullPath,
  hash: '',
  query: {},
  ...rest,
})

describe('somebody who is not signed in', () => {
  test('is led to the sign-in page and back afterwards', () => {
    expect(guardSignIn(to('run', '/runs/1?x=2'), false)).toEqual({ name: 'sign-in', query: { returnTo: '/runs/1?x=2' } })
  })
  test('sees the sign-in page, with or without a link’s token', () => {
    expect(guardSignIn(to('sign-in', '/sign-in'), false)).toBe(true)
    expect(guardSignIn(to('sign-in', '/sign-in#token=abc', { hash: '#token=abc' }), false)).toBe(true)
  })
  test('needs no way back to the first page', () => {
    expect(guardSignIn(to('devices', '/'), false)).toEqual({ name: 'sign-in' })
  })
})

describe('somebody who is signed in', () => {
  test('goes where they want', () => expect(guardSignIn(to('runs', '/runs'), true)).toBe(true))
  test('is led past the sign-in page', () => {
    expect(guardSignIn(to('sign-in', '/sign-in'), true)).toBe('/')
    expect(guardSignIn(to('sign-in', '/sign-in', { query: { returnTo: '/runs' } }), true)).toBe('/runs')
  })
  test('may still follow a link that signs in somebody else', () => {
    const byLink = to('sign-in', '/sign-in#token=abc', { hash: '#token=abc' })
    expect(guardSignIn(byLink, true)).toBe(true)
    expect(guardSignIn(to('sign-in', '/sign-in'), true, byLink), 'with the token taken out of the address').toBe(true)
  })
})

test('the way back never leaves the console', () => {
  expect(safeReturnTo('/runs?x=1')).toBe('/runs?x=1')
  for (const bad of ['//evil.example', '/\\evil.example', 'https://evil.example', 'runs', '', undefined, ['/runs'], '/a\\b'])
    expect(safeReturnTo(bad)).toBeNull()
})

test('the token is read from the fragment alone', () => {
  expect(readLinkToken('#token=abc-_123')).toBe('abc-_123')
  expect(readLinkToken('#token=')).toBeNull()
  expect(readLinkToken('#other=1')).toBeNull()
  expect(readLinkToken('')).toBeNull()
})

test('credentials are checked before the hub is asked', () => {
  const good = { name: 'Ada', email: 'ada@example.org', currentPassword: '', password: 'ten letters', repeated: 'ten letters' }
  expect(checkCredentials(good, false)).toEqual([])
  expect(
    checkCredentials({ ...good, name: ' ', email: 'ada', password: 'short', repeated: 'other' }, true).map(({ name }) => name),
  ).toEqual(['name', 'email', 'currentPassword', 'password', 'repeated'])
})

test('name and password are checked apart where they are changed apart', () => {
  expect(checkIdentity({ name: 'Ada', email: 'ada@example.org', currentPassword: '' }, true).map(({ name }) => name)).toEqual([
    'currentPassword',
  ])
  expect(checkIdentity({ name: 'Ada', email: 'ada@example.org', currentPassword: '' }, false)).toEqual([])
  const wrong = checkNewPassword({ currentPassword: '', password: 'short', repeated: 'shorter' }, true)
  expect(wrong.map(({ name }) => name)).toEqual(['currentPassword', 'password', 'repeated'])
})
