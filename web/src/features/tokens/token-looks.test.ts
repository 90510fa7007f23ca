import { expect, test } from 'vitest'
import { isEnded, scopesFor, tokenState } from './token-looks.ts'

const day = 86_400_000

test('nobody is offered a scope that the hub would refuse them', () => {
  expect([scopesFor('viewer'), scopesFor('operator'), scopesFor('admin')]).toEqual([['read'], ['read', 'run'], ['read', 'run', 'admin']])
})

test.each([
  ['revoked, whatever its end', { revokedAtMs: 5, expiresAtMs: 100 * day }, 'revoked'],
  ['expired at its very end', { revokedAtMs: null, expiresAtMs: day }, 'expired'],
  ['about to expire', { revokedAtMs: null, expiresAtMs: 14 * day }, 'expiring'],
  ['valid for two weeks or more', { revokedAtMs: null, expiresAtMs: 15 * day }, 'valid'],
  ['valid for good', { revokedAtMs: null, expiresAtMs: null }, 'valid'],
] as const)('a token is %s', (_name, token, state) => {
  expect(tokenState(token, day)).toBe(state)
  expect(isEnded(state)).toBe(state === 'revoked' || state === 'expired')
})
