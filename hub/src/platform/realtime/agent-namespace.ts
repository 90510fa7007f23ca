import { randomBytes } from 'node:crypto'
import {
  agentNamespace,
  AppError,
  challengeEvent,
  helloEvent,
  linkEndedEvent,
  messageEvent,
  type AgentId,
  type HelloAnswer,
  type HubChallenge,
  type HubId,
  type RunId,
} from '@holdfast/shared-types'
import type { Server, Socket } from 'socket.io'
import type { Database } from '../database/database.ts'
import { asAppError } from '../http/as-app-error.ts'
import type { Feature } from '../http/define-feature.ts'
import type { IdentitySource } from '../http/resolve-actor.ts'
import type { Logger } from '../logging/logger.ts'
import type { AgentGate } from './agent-gate.ts'
import { createAgentIntake, type AgentIntake, type IntakePeer } from './agent-intake.ts'
import { proveHello, refusedHello, supportedProtocols, type ProvenHello } from './agent-hello.ts'
import { AgentLink, linkEndedBy } from './agent-link.ts'
import type { AgentLinkRegistry } from './agent-links.ts'
import { cutOff, unreadBy } from './unread-packets.ts'

export interface AgentNamespaceOptions {
  readonly io: Server
  readonly hubId: HubId
  readonly hubVersion: string
  readonly features: readonly Feature[]
  readonly identities: IdentitySource
  readonly links: AgentLinkRegistry
  readonly gate: AgentGate
  readonly database: Database
  readonly log: Logger
  readonly now: () => number
  /** Shorter in tests. */
  readonly helloDeadlineMs?: number
}

export interface AgentNamespace {
  /** From here on ended links are not followed up: the next start finds every agent unlinked anyway. Resolves when nothing is under way. */
  close(): Promise<void>
}

/** What the handlers of all links share. */
interface Namespace extends AgentNamespaceOptions {
  isClosing: boolean
  /** Hellos, messages and hooks that are not through yet. */
  readonly underWay: Set<Promise<unknown>>
  readonly intake: AgentIntake
}

/** protocol: no hello within 10 s of the challenge ends the connection. */
const defaultHelloDeadlineMs = 10_000

type Acknowledge<T> = (answer: T) => void
const isAcknowledge = (value: unknown): value is Acknowledge<unknown> => typeof value === 'function'

/** Namespace `/agent`: challenge, hello, then messages both ways. */
export function attachAgentNamespace(options: AgentNamespaceOptions): AgentNamespace {
  const underWay = new Set<Promise<unknown>>()
  const intake = createAgentIntake({ gate: options.gate, track: (answering) => track(underWay, answering) })
  const shared: Namespace = { ...options, isClosing: false, underWay, intake }
  const namespace = options.io.of(agentNamespace)
  namespace.use((socket, next) => {
    // Polling would split one link over many requests: no order, no prompt end.
    next(socket.conn.transport.name === 'websocket' ? undefined : new Error('The agent link is websocket only'))
  })
  namespace.on('connection', (socket) => greet(shared, socket))
  return {
    async close() {
      shared.isClosing = true
      namespace.disconnectSockets(true)
      await Promise.all(shared.underWay)
    },
  }
}

/** Remembers work until it is through; none of it rejects. */
function track(underWay: Set<Promise<unknown>>, work: Promise<unknown>): void {
  underWay.add(work)
  void work.finally(() => underWay.delete(work))
}

function greet(options: Namespace, socket: Socket): void {
  const challenge: HubChallenge = { hubId: options.hubId, nonce: randomBytes(32).toString('base64url'), protocol: supportedProtocols }
  const deadline = setTimeout(() => {
    socket.emit(linkEndedEvent, linkEndedBy('agent.identity-invalid'))
    socket.disconnect(true)
  }, options.helloDeadlineMs ?? defaultHelloDeadlineMs)
  socket.once('disconnect', () => clearTimeout(deadline))
  // Once: a challenge is good for one hello.
  socket.once(helloEvent, (raw: unknown, acknowledge: unknown) => {
    clearTimeout(deadline)
    if (!isAcknowledge(acknowledge)) return void socket.disconnect(true)
    track(options.underWay, welcome(options, socket, challenge, { raw, acknowledge }))
  })
  socket.emit(challengeEvent, challenge)
}

interface ReceivedHello {
  readonly raw: unknown
  readonly acknowledge: Acknowledge<HelloAnswer>
}

async function welcome(options: Namespace, socket: Socket, challenge: HubChallenge, received: ReceivedHello): Promise<void> {
  const { log, links } = options
  try {
    const proven = await proveHello(received.raw, challenge, options.identities)
    if (!socket.connected || options.isClosing) return
    const { hello, identity } = proven
    const link = new AgentLink(hello, socket, options.now)
    // Before the hooks: from here on an older link is ended, so what they settle stays settled.
    links.add(link)
    socket.once('disconnect', () => track(options.underWay, unlinked(options, link)))
    const dropRuns = await settleHello(options, proven, link)
    const intake = options.intake.openLink(identity.agentId, intakePeer(socket, log, identity.agentId))
    socket.on(messageEvent, (raw: unknown, acknowledge: unknown) => intake.receive(raw, acknowledge))
    received.acknowledge({ accepted: true, hubVersion: options.hubVersion, timeMs: options.now(), dropRuns })
    link.setReady()
    const { agentId } = identity
    log.info(
      { event: 'agent.linked', agentId, version: hello.version, protocol: hello.protocol, runs: hello.runsInHand.length },
      'Agent linked',
    )
    await runHooks(options, (feature) => feature.agentLink?.onLinked?.(agentId))
  } catch (error) {
    const reason = asAppError(error)
    log.warn({ event: 'agent.refused', code: reason.code, ...(reason.code === 'internal' ? { err: error } : {}) }, 'Agent refused')
    received.acknowledge(refusedHello(reason))
    socket.disconnect(true)
  }
}

const intakePeer = (socket: Socket, log: Logger, agentId: AgentId): IntakePeer => ({
  isConnected: () => socket.connected,
  unread: () => unreadBy(socket),
  cut() {
    log.warn({ event: 'agent.not-reading', agentId }, 'A device asks on and reads no answers: its link was cut')
    cutOff(socket)
  },
})

/** One transaction for all features: either both sides know what each holds, or the agent comes again. */
function settleHello(options: AgentNamespaceOptions, { hello, identity }: ProvenHello, link: AgentLink): Promise<RunId[]> {
  return options.database.transaction(async (em) => {
    const dropRuns: RunId[] = []
    for (const feature of options.features) dropRuns.push(...((await feature.agentLink?.onHello?.(em, identity.agentId, hello)) ?? []))
    // A newer link says what the agent holds now; this one's word is old.
    if (!options.links.isCurrent(link)) throw new AppError('agent.replaced')
    return dropRuns
  })
}

async function unlinked(options: Namespace, link: AgentLink): Promise<void> {
  if (!options.links.remove(link) || options.isClosing) return
  options.log.info({ event: 'agent.unlinked', agentId: link.agentId }, 'Agent unlinked')
  await runHooks(options, (feature) => feature.agentLink?.onUnlinked?.(link.agentId))
}

/** Each feature gets its turn, whatever another one's does. */
async function runHooks({ features, log }: AgentNamespaceOptions, hook: (feature: Feature) => Promise<void> | undefined): Promise<void> {
  for (const feature of features) {
    try {
      await hook(feature)
    } catch (error) {
      log.error({ event: 'agent-link.hook-failed', feature: feature.name, err: error }, 'A feature could not follow an agent link')
    }
  }
}
