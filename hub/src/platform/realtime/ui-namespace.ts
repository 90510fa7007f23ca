import {
  AppError,
  liveEventName,
  Subscribe,
  subscribeEvent,
  toWireError,
  type Topic,
  uiNamespace,
  unsubscribeEvent,
  type AckEnvelope,
  type LiveEvent,
  type WireError,
} from '@holdfast/shared-types'
import type { Namespace, Server, Socket } from 'socket.io'
import { liveEventRules, uiRequestRules, type AccessRule, type UiRequest } from '../access/access-rules.ts'
import type { Actor, UserActor } from '../access/actor.ts'
import { hasAccess, requireAccess, topicRuleOf } from '../access/require-access.ts'
import { auditActorOf, type AuditTrail } from '../audit/audit-trail.ts'
import type { DomainEventBus } from '../events/domain-events.ts'
import { asAppError } from '../http/as-app-error.ts'
import type { ActorResolver } from '../http/resolve-actor.ts'
import type { RequestLimits } from '../limits/request-limits.ts'
import type { Logger } from '../logging/logger.ts'
import type { LiveFeeds, LiveSink, Subscription } from './live-feeds.ts'
import type { UiAccess } from './ui-access.ts'
import { cutOff, unreadBy, whenTaken } from './unread-packets.ts'

export interface UiNamespaceOptions {
  readonly io: Server
  readonly actors: ActorResolver
  readonly feeds: LiveFeeds
  readonly access: UiAccess
  readonly audit: AuditTrail
  readonly limits: RequestLimits
  /** X-Forwarded-For of the proxy in front is believed. */
  readonly trustProxy: boolean
  readonly domainEvents: DomainEventBus
  readonly log: Logger
}

/** Namespace `/ui` with what must end when the hub does. */
export interface UiNamespace {
  /** Cuts sockets whose sign-in has ended; the caller decides how often. */
  cutEndedSignIns(): Promise<void>
}

/** A browser listens to the two lists and the few runs it shows. */
const maxSubscriptions = 50
/** Packets that may wait for one browser. Beyond it is cut: it resumes with `lastSeq`, and the hub's memory stays its own. */
const maxWaitingPackets = 2000
const drainedBelow = 100
/** The same in memory: most packets are small, but the state of a run may have 1 MiB. */
const maxWaitingBytes = 8 * 1024 * 1024
const drainedBelowBytes = 256 * 1024

interface UiSocketData {
  actor: UserActor
  address: string
}
type UiSocket = Socket<Record<string, never>, Record<string, never>, Record<string, never>, UiSocketData>

export function attachUiNamespace(options: UiNamespaceOptions): UiNamespace {
  const namespace = options.io.of(uiNamespace)
  namespace.use((socket, next) => void admit(options, socket, next))
  namespace.on('connection', (socket) => serve(options, socket as unknown as UiSocket))

  const cut = (isEnded: (actor: UserActor) => boolean): void => {
    for (const socket of socketsOf(namespace)) if (isEnded(socket.data.actor)) socket.disconnect(true)
  }
  const { domainEvents } = options
  domainEvents.on('sign-in.ended', ({ signInIds }) => cut(({ signInId }) => signInId !== null && signInIds.includes(signInId)))
  domainEvents.on('api-token.ended', ({ tokenIds }) =>
    cut(({ token }) => token !== undefined && token !== null && tokenIds.includes(token.id)),
  )
  domainEvents.on('account.closed', ({ userId }) => cut((actor) => actor.userId === userId))
  domainEvents.on('account.changed', ({ userId, name, role }) => {
    // From the next event on they may what they may now.
    for (const socket of socketsOf(namespace))
      if (socket.data.actor.userId === userId) socket.data.actor = { ...socket.data.actor, name, role }
  })
  return {
    async cutEndedSignIns() {
      const held = socketsOf(namespace).map((socket) => socket.data.actor)
      if (held.length === 0) return
      const ended = await options.access.endedAmong(held)
      cut((actor) => ended.has(actor))
    },
  }
}

const socketsOf = (namespace: Namespace): UiSocket[] => [...namespace.sockets.values()]

async function admit(options: UiNamespaceOptions, socket: UiSocket, next: (refusal?: Error) => void): Promise<void> {
  const address = addressOf(options, socket)
  try {
    options.limits.takeForAddress('general', address)
    const actor = await options.actors.resolve(socket.handshake.headers, address)
    options.limits.takeForActor('general', actor)
    await requireUiAccess(options, { actor, address }, { action: 'connect', rule: uiRequestRules.connect })
    // Never with the rules of today: whoever is let in without being a person would be a hole in them.
    if (actor.kind !== 'user') throw new AppError('access.denied')
    socket.data.actor = actor
    socket.data.address = address
    next()
  } catch (error) {
    next(handshakeError(asRefusal(options.log, error)))
  }
}

interface UiCaller {
  readonly actor: Actor
  readonly address: string
}

/** The one place at which the live connection asks the access rules; what a known person may not do is put on record. */
async function requireUiAccess(
  { audit }: UiNamespaceOptions,
  { actor, address }: UiCaller,
  asked: { readonly action: UiRequest; readonly rule: AccessRule },
): Promise<void> {
  try {
    requireAccess(asked.rule, actor)
  } catch (error) {
    const action = { actor: auditActorOf(actor), action: `live:${asked.action}`, object: null, address, requestId: null }
    if (actor.kind === 'user') await audit.refused(action, asAppError(error))
    throw error
  }
}

/** The peer, or the caller that the trusted proxy in front saw: the last it added, as for requests (http/create-app.ts). */
function addressOf({ trustProxy }: UiNamespaceOptions, { handshake }: UiSocket): string {
  const forwarded = trustProxy
    ? String(handshake.headers['x-forwarded-for'] ?? '')
        .split(',')
        .at(-1)
        ?.trim()
    : undefined
  return forwarded === undefined || forwarded === '' ? handshake.address : forwarded
}

/** Socket.IO hands `data` of a middleware's error to the client's `connect_error`. */
const handshakeError = (data: WireError): Error => Object.assign(new Error(data.message), { data })

type Acknowledge = (answer: AckEnvelope) => void

function serve(options: UiNamespaceOptions, socket: UiSocket): void {
  const subscriptions = new Map<Topic, Subscription>()
  // One request of a browser after the other: two at once for one topic would leave a listener that nobody ends.
  let last: Promise<unknown> = Promise.resolve()
  let waiting = 0
  const on = (event: Exclude<UiRequest, 'connect'>, work: (request: Subscribe) => Promise<unknown>): void => {
    socket.on(event, (raw: unknown, acknowledge: unknown) => {
      const answer: Acknowledge = typeof acknowledge === 'function' ? (acknowledge as Acknowledge) : () => undefined
      const refuse = (error: AppError): void => answer({ ok: false, error: toWireError(error) })
      const refusal = refusalOf(options, socket, waiting)
      if (refusal !== null) return refuse(refusal)
      const request = Subscribe.safeParse(raw)
      if (!request.success) return refuse(new AppError('request.invalid'))
      waiting += 1
      const done = last
        .then(async () => {
          await requireUiAccess(options, socket.data, { action: event, rule: uiRequestRules[event] })
          return work(request.data)
        })
        .finally(() => (waiting -= 1))
      last = done.catch(() => undefined)
      done.then(
        (body) => answer({ ok: true, body }),
        (error: unknown) => answer({ ok: false, error: asRefusal(options.log, error) }),
      )
    })
  }
  on(subscribeEvent, async (request) => {
    await requireUiAccess(options, socket.data, { action: subscribeEvent, rule: topicRuleOf(request.topic) })
    return { seq: await subscribe(options, socket, subscriptions, request) }
  })
  on(unsubscribeEvent, async ({ topic }) => {
    subscriptions.get(topic)?.close()
    subscriptions.delete(topic)
    return {}
  })
  socket.once('disconnect', () => {
    for (const subscription of subscriptions.values()) subscription.close()
    subscriptions.clear()
  })
}

/** Requests of one connection that may wait for one another: a page has a few topics. */
const mostWaiting = 100

/** What is not even queued: the bodies of who sends more than is answered would fill the memory. */
function refusalOf({ limits }: UiNamespaceOptions, socket: UiSocket, waiting: number): AppError | null {
  if (waiting >= mostWaiting) return new AppError('access.throttled')
  try {
    limits.takeForActor('general', socket.data.actor)
  } catch (error) {
    return asAppError(error)
  }
  return null
}

async function subscribe(
  options: UiNamespaceOptions,
  socket: UiSocket,
  subscriptions: Map<Topic, Subscription>,
  request: Subscribe,
): Promise<number> {
  const { topic, lastSeq } = request
  await options.access.requireTopic(socket.data.actor, topic)
  if (!subscriptions.has(topic) && subscriptions.size >= maxSubscriptions)
    throw new AppError('request.invalid', { message: 'Too many topics on one connection.' })
  // Asked twice: the newer one counts.
  subscriptions.get(topic)?.close()
  subscriptions.delete(topic)
  const subscription = await options.feeds.subscribe(topic, lastSeq, sinkOf(socket))
  if (socket.connected) subscriptions.set(topic, subscription)
  else subscription.close()
  return subscription.seq
}

function sinkOf(socket: UiSocket): LiveSink {
  return {
    send(event: LiveEvent) {
      if (!socket.connected || !hasAccess(liveEventRules[event.type], socket.data.actor)) return
      const { packets, bytes } = unreadBy(socket)
      if (packets > maxWaitingPackets || bytes > maxWaitingBytes) return cutOff(socket)
      ;(socket as unknown as Socket).emit(liveEventName, event)
    },
    async drained() {
      for (;;) {
        const { packets, bytes } = unreadBy(socket)
        if (!socket.connected || (packets <= drainedBelow && bytes <= drainedBelowBytes)) return
        await whenTaken(socket)
      }
    },
  }
}

function asRefusal(log: Logger, thrown: unknown): WireError {
  const error = asAppError(thrown)
  if (error.code === 'internal')
    log.error({ event: 'ui.crashed', err: thrown }, 'Request on a live connection ended in an unexpected error')
  return toWireError(error)
}
