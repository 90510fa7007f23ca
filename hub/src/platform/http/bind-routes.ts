import { Readable } from 'node:stream'
import Router from 'koa-router'
import { api, AppError, liveSeqHeader, type OperationId, type RouteContract, type Topic } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { restRuleOf, requireAccess } from '../access/require-access.ts'
import { auditActorOf, auditObjectOf, type AuditedAction, type AuditTrail } from '../audit/audit-trail.ts'
import type { RequestLimits } from '../limits/request-limits.ts'
import { nobody, type Actor } from './actor.ts'
import { asAppError } from './as-app-error.ts'
import type { BytesAnswer, Feature, HandlerRequest } from './define-feature.ts'
import type { HubKoaContext, HubState } from './hub-context.ts'
import { readJsonBody } from './read-json-body.ts'
import { requestContextOf, type CookieRules } from './request-context.ts'
import { parsePart } from './request-invalid.ts'
import type { ActorResolver } from './resolve-actor.ts'
import { sendOwnParts } from './send-own-parts.ts'

export interface RouteBinding {
  readonly features: readonly Feature[]
  readonly actors: ActorResolver
  readonly cookies: CookieRules
  readonly audit: AuditTrail
  readonly limits: RequestLimits
  readonly newEntityManager: () => EntityManager
  /** Before a person changes something: on a full disk there has to be room for that. Never throws. */
  readonly makeWay: () => Promise<void>
  /** Where topics stand: `LiveLog.heads`. */
  readonly liveHeads: (em: EntityManager, topics: readonly Topic[]) => Promise<ReadonlyMap<Topic, number>>
  /** Answers are parsed by the contract too: for tests and development, where a wrong one should be loud. */
  readonly checkAnswers: boolean
}

type AnyHandler = (request: HandlerRequest<RouteContract>) => Promise<unknown>

/**
 * A router with every call of `api`, each at the one handler that a feature has for it.
 *
 * @throws AppError `internal` that names what has no handler, or two
 */
export function bindRoutes(binding: RouteBinding): Router<HubState> {
  const router = new Router<HubState>()
  for (const [operationId, handler] of handlersOf(binding.features)) {
    const contract: RouteContract = api[operationId]
    const path = contract.path.replaceAll(/\{(\w+)\}/g, ':$1')
    router[contract.method](path, async (ctx) => {
      ctx.state.route = contract.path
      await answer(binding, { operationId, contract, handler }, ctx)
    })
  }
  return router
}

function handlersOf(features: readonly Feature[]): Map<OperationId, AnyHandler> {
  const handlers = new Map<OperationId, AnyHandler>()
  const problems: string[] = []
  for (const feature of features) {
    for (const [operationId, handler] of Object.entries(feature.routes ?? {}) as [OperationId, AnyHandler][]) {
      if (handlers.has(operationId)) problems.push(`${operationId} has a second handler in ${feature.name}`)
      handlers.set(operationId, handler)
    }
  }
  for (const operationId of Object.keys(api) as OperationId[])
    if (!handlers.has(operationId)) problems.push(`${operationId} has no handler`)
  if (problems.length > 0)
    throw new AppError('internal', {
      message: `The API is not whole: ${problems.join(', ')}.`,
      cure: 'List the feature in wiring/features.ts.',
    })
  return handlers
}

interface BoundCall {
  readonly operationId: OperationId
  readonly contract: RouteContract
  readonly handler: AnyHandler
}

async function answer(binding: RouteBinding, call: BoundCall, ctx: HubKoaContext): Promise<void> {
  const { contract } = call
  const actor = await admit(binding, call, ctx)
  const params: unknown = 'params' in ctx ? ctx.params : {}
  const em = binding.newEntityManager()
  const request = {
    actor,
    params: contract.params && parsePart('params', contract.params, params),
    query: contract.query && parsePart('query', contract.query, ctx.query),
    body: await readBody(contract, ctx),
    em,
    ctx: requestContextOf(ctx, binding.cookies),
  }
  const livePlaces = await livePlacesFor(binding, contract, actor, em)
  if (contract.method !== 'get' && contract.actor !== 'agent') await binding.makeWay()
  // Parsed by this very contract: the types of HandlerRequest say no more than the schemas did.
  const work = () => call.handler(request as unknown as HandlerRequest<RouteContract>)
  const isAudited = restRuleOf(call.operationId).isAudited === true
  const result = await (isAudited ? binding.audit.around(auditedCall(call, ctx, actor), work) : work())
  ctx.status = ctx.state.status ?? contract.status ?? 200
  ctx.set('cache-control', 'no-store')
  if (livePlaces !== null) ctx.set(liveSeqHeader, livePlaces)
  if (contract.response === 'bytes') await sendBytes(ctx, result)
  else if (contract.status !== 204) sendJson(ctx, binding.checkAnswers ? contract.response.parse(result) : result)
}

/** Read before the answer is: what was committed up to these places is in it. For people only, who can subscribe. */
async function livePlacesFor(
  binding: RouteBinding,
  { liveTopics }: RouteContract,
  actor: Actor,
  em: EntityManager,
): Promise<string | null> {
  if (liveTopics === undefined || actor.kind !== 'user') return null
  const heads = await binding.liveHeads(em, liveTopics)
  return [...heads].map(([topic, seq]) => `${topic}=${seq}`).join(', ')
}

/** Who calls, once it is clear that they may, and not too often. What a known person may not do is put on record. */
async function admit(binding: RouteBinding, call: BoundCall, ctx: HubKoaContext): Promise<Actor> {
  const rule = restRuleOf(call.operationId)
  const limit = rule.limit ?? 'general'
  binding.limits.takeForAddress(limit, ctx.ip)
  const actor = rule.isOpen === true ? nobody : await binding.actors.resolve(ctx.headers, ctx.ip)
  ctx.state.actor = actor
  binding.limits.takeForActor(limit, actor)
  try {
    requireAccess(rule, actor)
  } catch (error) {
    if (actor.kind === 'user') await binding.audit.refused(auditedCall(call, ctx, actor), asAppError(error))
    throw error
  }
  return actor
}

const auditedCall = ({ operationId }: BoundCall, ctx: HubKoaContext, actor: Actor): AuditedAction => ({
  actor: auditActorOf(actor),
  action: operationId,
  object: auditObjectOf('params' in ctx ? ctx.params : null),
  address: ctx.ip,
  requestId: ctx.state.requestId,
})

async function readBody(contract: RouteContract, ctx: HubKoaContext): Promise<unknown> {
  if (contract.body === undefined) return undefined
  return contract.body === 'bytes' ? ctx.req : parsePart('body', contract.body, await readJsonBody(ctx))
}

function sendJson(ctx: HubKoaContext, value: unknown): void {
  ctx.body = JSON.stringify(value)
  ctx.type = 'application/json'
}

async function sendBytes(ctx: HubKoaContext, result: unknown): Promise<void> {
  const isPlain = result instanceof Readable || result instanceof Uint8Array
  const { stream, headers, status, hasOwnParts }: Omit<BytesAnswer, 'stream'> & { stream: Readable | Uint8Array } = isPlain
    ? { stream: result, headers: {} }
    : (result as BytesAnswer)
  if (status !== undefined) ctx.status = status
  ctx.set(headers)
  const type = headers['content-type'] ?? 'application/octet-stream'
  if (hasOwnParts === true && stream instanceof Readable) {
    ctx.type = type
    ctx.respond = false
    return sendOwnParts(ctx.res, stream)
  }
  ctx.body = stream instanceof Readable || Buffer.isBuffer(stream) ? stream : Buffer.from(stream)
  // After the body: Koa guesses a type of its own when one is set.
  ctx.type = type
}
