import { randomUUID } from 'node:crypto'
import type { Account, ApiToken, AuditEntry, TokenScope, UserRole } from '@holdfast/shared-types'
import { io, type Socket } from 'socket.io-client'
import { cookieOf, type TestHub } from './test-hub.ts'

export interface TestPerson {
  readonly account: Account
  readonly email: string
  /** Of a sign-in by the link that came with the account. */
  readonly cookie: string
}

export const linkTokenOf = (url: string): string => new URL(url).hash.slice('#token='.length)

/** Signs in with a one-time link. */
export const useLink = (hub: TestHub, url: string): Promise<Response> => hub.post('/api/v1/sign-in/link', { token: linkTokenOf(url) }, '')

/** An account made by the administrator, signed in. */
export async function addPerson(hub: TestHub, role: UserRole, name: string = role): Promise<TestPerson> {
  const email = `${name}-${randomUUID().slice(0, 8)}@example.org`
  const made = await hub.json<{ user: Account; signInUrl: string }>(hub.post('/api/v1/users', { name, email, role }))
  return { account: made.user, email, cookie: cookieOf(await useLink(hub, made.signInUrl)) }
}

export interface TestToken {
  readonly token: string
  readonly apiToken: ApiToken
}

export const addToken = (hub: TestHub, cookie: string, scope: TokenScope): Promise<TestToken> =>
  hub.json<TestToken>(hub.post('/api/v1/me/tokens', { name: `for ${scope}`, scope }, cookie))

/** A call with a bearer token and nothing else. */
export const callWith = (hub: TestHub, token: string, path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(hub.origin + path, { ...init, headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` } })

/** The live connection as a browser or program opens it. @returns 'connected', or the code of the refusal */
export async function openLive(
  hub: TestHub,
  headers: Record<string, string>,
): Promise<{ readonly socket: Socket; readonly answer: string }> {
  const socket = io(`${hub.origin}/ui`, { transports: ['websocket'], reconnection: false, forceNew: true, extraHeaders: headers })
  const answer = await new Promise<string>((resolve) => {
    socket.once('connect', () => resolve('connected'))
    socket.once('connect_error', (error: Error & { data?: { code: string } }) => resolve(error.data?.code ?? error.message))
  })
  return { socket, answer }
}

/** Resolves when the hub ends the connection; call it before what makes the hub do so. */
export const endOf = (socket: Socket): Promise<string> => new Promise((resolve) => socket.once('disconnect', (reason) => resolve(reason)))

/** The newest lines of the audit log first, as an administrator sees them. */
export async function auditOf(hub: TestHub, query = ''): Promise<AuditEntry[]> {
  return (await hub.json<{ items: AuditEntry[] }>(hub.get(`/api/v1/audit?${query}`))).items
}
