import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { decodeProtectedHeader, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import { createTokenIssuer } from './agent-token.ts'

const { privateKey } = generateKeyPairSync('ed25519')

test('signs tokens that only this hub accepts, for at most 300 s', async () => {
  const token = await createTokenIssuer({ agentId: 'agent-1', hubId: 'hub-1', signKey: privateKey }).token()
  const { payload } = await jwtVerify(token, createPublicKey(privateKey), { audience: 'hub-1', issuer: 'agent-1', subject: 'agent-1' })
  expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(300)
  expect(decodeProtectedHeader(token)).toMatchObject({ alg: 'EdDSA', kid: 'agent-1' })
})

test('uses a token again until a minute before its end', async () => {
  let nowMs = 1_700_000_000_000
  const issuer = createTokenIssuer({ agentId: 'a', hubId: 'h', signKey: privateKey, now: () => nowMs })
  const first = await issuer.token()
  nowMs += 239_000
  expect(await issuer.token()).toBe(first)
  nowMs += 2_000
  expect(await issuer.token()).not.toBe(first)
})

test('follows the hub\u2019s clock where its own is hours off, and ignores the way of a message', async () => {
  const hubTimeMs = 1_700_000_000_000
  const issuer = createTokenIssuer({ agentId: 'a', hubId: 'h', signKey: privateKey, now: () => hubTimeMs - 3 * 3_600_000 })
  const before = await issuer.token()
  issuer.correctClock(hubTimeMs - 3 * 3_600_000 + 1_500)
  expect(await issuer.token()).toBe(before)
  issuer.correctClock(hubTimeMs)
  const { payload } = await jwtVerify(await issuer.token(), createPublicKey(privateKey), { currentDate: new Date(hubTimeMs) })
  expect(payload.iat).toBe(hubTimeMs / 1000)
})

test('follows back again once the device\u2019s clock was set right', async () => {
  const hubTimeMs = 1_700_000_000_000
  let nowMs = hubTimeMs - 3 * 3_600_000
  const issuer = createTokenIssuer({ agentId: 'a', hubId: 'h', signKey: privateKey, now: () => nowMs })
  issuer.correctClock(hubTimeMs)
  nowMs = hubTimeMs
  issuer.correctClock(hubTimeMs)
  const { payload } = await jwtVerify(await issuer.token(), createPublicKey(privateKey), { currentDate: new Date(hubTimeMs) })
  expect(payload.iat).toBe(hubTimeMs / 1000)
})

test('makes a new token by the clock of now once the hub refused one that an old clock had made', async () => {
  let nowMs = 1_700_003_600_000
  const issuer = createTokenIssuer({ agentId: 'a', hubId: 'h', signKey: privateKey, now: () => nowMs })
  const ahead = await issuer.token()
  nowMs -= 3_600_000
  expect(await issuer.token()).toBe(ahead)
  issuer.discard('another one')
  expect(await issuer.token()).toBe(ahead)
  issuer.discard(ahead)
  const { payload } = await jwtVerify(await issuer.token(), createPublicKey(privateKey), { currentDate: new Date(nowMs) })
  expect(payload.iat).toBe(nowMs / 1000)
})
