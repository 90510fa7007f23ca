import type { IncomingHttpHeaders } from 'node:http'
import { AgentId, apiTokenPrefix, AppError, type HubId } from '@holdfast/shared-types'
import { decodeProtectedHeader, jwtVerify } from 'jose'
import { ProvenTokens, type Proof } from './proven-tokens.ts'
import { ed25519PublicKey } from './ed25519-public-key.ts'
import { nobody, type Actor, type AgentActor, type UserActor } from './actor.ts'

/** What an agent proves itself by. */
export interface AgentIdentity {
  readonly agentId: AgentId
  readonly name: string
  /** Raw, 32 bytes. */
  readonly signPublicKey: Uint8Array
  readonly isRevoked: boolean
}

/** Where the platform asks who somebody is; the features `auth` and `agents` answer. */
export interface IdentitySource {
  /** Notes the use. */
  findSignIn(cookieToken: string, address: string): Promise<UserActor | null>
  findAgentIdentity(agentId: AgentId): Promise<AgentIdentity | null>
  /** Whom an API token speaks for, if it holds; notes its use. */
  findApiToken(token: string, address: string): Promise<UserActor | null>
}

export interface ActorResolver {
  /**
   * @param address of the caller, noted with the use of a sign-in or API token
   * @throws AppError `agent.identity-invalid`, `agent.revoked`, `token.invalid` for a token that proves nothing; an unknown cookie is nobody
   */
  resolve(headers: IncomingHttpHeaders, address: string): Promise<Actor>
  readonly cookieName: string
}

/** A data call's token lives 5 minutes at most; clocks of hosts may be 2 minutes off (docs/agent-protocol.md). */
const maxTokenSeconds = 300
const clockToleranceSeconds = 120

/** `__Host-`: a sibling domain cannot plant a cookie of this name. Browsers demand Secure for it, so not on plain HTTP. */
export const cookieNameFor = (isHttps: boolean): string => (isHttps ? '__Host-holdfast' : 'holdfast')

export function createActorResolver(source: IdentitySource, hubId: HubId, isHttps: boolean): ActorResolver {
  const cookieName = cookieNameFor(isHttps)
  const proven = new ProvenTokens()
  return {
    cookieName,
    async resolve(headers, address) {
      const bearer = /^bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1]
      if (bearer?.startsWith(apiTokenPrefix) === true) return verifyApiToken(source, bearer, address)
      if (bearer !== undefined) return verifyAgentToken({ source, hubId, proven }, bearer)
      const cookie = readCookie(headers.cookie, cookieName)
      return (cookie === undefined ? null : await source.findSignIn(cookie, address)) ?? nobody
    },
  }
}

async function verifyApiToken(source: IdentitySource, token: string, address: string): Promise<UserActor> {
  const actor = await source.findApiToken(token, address)
  if (actor === null) throw new AppError('token.invalid')
  return actor
}

interface TokenRules {
  readonly source: IdentitySource
  readonly hubId: HubId
  readonly proven: ProvenTokens
}

async function verifyAgentToken({ source, hubId, proven }: TokenRules, token: string): Promise<AgentActor> {
  const identity = await findByToken(source, token)
  if (identity === null) throw new AppError('agent.identity-invalid')
  const { agentId, signPublicKey } = identity
  const isKnown = proven.has(agentId, token, signPublicKey)
  const times = isKnown ? null : await proveToken(identity, hubId, token)
  // Only who holds the key learns that it was revoked.
  if (identity.isRevoked) throw new AppError('agent.revoked')
  if (times !== null) proven.add(agentId, { token, publicKey: signPublicKey, ...times })
  return { kind: 'agent', agentId: identity.agentId, name: identity.name }
}

/** @returns when it holds. @throws AppError `agent.identity-invalid` */
async function proveToken(identity: AgentIdentity, hubId: HubId, token: string): Promise<Pick<Proof, 'fromSeconds' | 'untilSeconds'>> {
  try {
    const { payload } = await jwtVerify(token, ed25519PublicKey(identity.signPublicKey), {
      algorithms: ['EdDSA'],
      issuer: identity.agentId,
      subject: identity.agentId,
      audience: hubId,
      clockTolerance: clockToleranceSeconds,
      requiredClaims: ['iat', 'exp'],
    })
    if (Number(payload.exp) - Number(payload.iat) > maxTokenSeconds)
      throw new AppError('agent.identity-invalid', { message: 'The agent\u2019s token lives longer than 5 minutes.' })
    if (Number(payload.iat) > Date.now() / 1000 + clockToleranceSeconds)
      throw new AppError('agent.identity-invalid', { message: 'The agent\u2019s token is from the future.' })
    return { fromSeconds: Number(payload.iat) - clockToleranceSeconds, untilSeconds: Number(payload.exp) + clockToleranceSeconds }
  } catch (cause) {
    throw cause instanceof AppError ? cause : new AppError('agent.identity-invalid', { cause })
  }
}

async function findByToken(source: IdentitySource, token: string): Promise<AgentIdentity | null> {
  let keyId: string | undefined
  try {
    keyId = decodeProtectedHeader(token).kid
  } catch {
    // Not a token at all: as unknown as a token of an unknown agent.
    return null
  }
  const agentId = AgentId.safeParse(keyId)
  return agentId.success ? source.findAgentIdentity(agentId.data) : null
}

/** Cookies are read here and not by Koa, so that sockets and requests share one rule. The first of a name counts, as browsers send the most specific first. */
export function readCookie(header: string | undefined, name: string): string | undefined {
  for (const part of (header ?? '').split(';')) {
    const equals = part.indexOf('=')
    if (equals > 0 && part.slice(0, equals).trim() === name) return part.slice(equals + 1).trim()
  }
  return undefined
}
