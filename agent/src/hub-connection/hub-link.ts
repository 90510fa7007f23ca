import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  AppError,
  agentMessages,
  fromWireError,
  helloSigningBytes,
  isErrorCode,
  oldestProtocolVersion,
  protocolVersion,
  toWireError,
  type AckEnvelope,
  type AckOf,
  type AgentHello,
  type AgentReportType,
  type AgentRequestType,
  type AnyEnvelope,
  type BodyOf,
  type HelloAnswer,
  type HubChallenge,
  type RunInHand,
} from '@holdfast/shared-types'
import type { AgentId, HostFacts, HubId } from '@holdfast/shared-types'
import type { Discretion } from '../discretion/discretion.ts'
import { toAppError } from '../errors/to-app-error.ts'
import { CommandGate, type CommandHandlers } from './command-gate.ts'
import type { HubPlace } from './hub-trust.ts'
import { mayPass } from './may-pass.ts'
import { dialHub, LinkLost, longestOpenMs, type LinkEnd, type LinkSocket } from './link-socket.ts'
import { callLimits, reconnectDelayMs, reconnectLimits, refusedLimits } from './reconnect-delay.ts'

type ToHub = Pick<typeof agentMessages, AgentReportType | AgentRequestType>
export type ToHubType = keyof ToHub

export interface LinkState {
  readonly state: 'connecting' | 'connected' | 'waiting' | 'refused' | 'closed'
  /** Why it is not connected, for a person. */
  readonly problem: { readonly code: string; readonly message: string; readonly cure: string } | null
}

export interface HubLink {
  readonly state: LinkState
  /** Dials and goes on dialling until `close`, or until the hub says that it has cut this device off for good. */
  start(): void
  /** Sends one envelope once. @throws LinkLost when it must be sent again; AppError as the hub refused it. */
  send<T extends ToHubType>(envelope: AnyEnvelope & { readonly type: T }, timeoutMs?: number): Promise<AckOf<ToHub, T>>
  /** Asks until answered: over as many links as it takes, always with the same id. @throws AppError; `hub.unreachable` when `patienceMs` is over. */
  request<T extends AgentRequestType>(
    type: T,
    body: BodyOf<ToHub, T>,
    options: { patienceMs: number; signal?: AbortSignal },
  ): Promise<AckOf<ToHub, T>>
  /** Resolves at the next moment the link is up. @throws AppError `agent.revoked` when it will never be again */
  whenConnected(signal?: AbortSignal): Promise<void>
  close(): Promise<void>
}

export interface HubLinkOptions extends HubPlace {
  readonly hubId: HubId
  readonly agentId: AgentId
  readonly version: string
  readonly capabilities: readonly string[]
  readonly hostFacts: () => HostFacts
  readonly sign: (message: Uint8Array) => Uint8Array
  readonly runsInHand: () => readonly RunInHand[]
  readonly commands: CommandHandlers
  /** What may leave. The hello tells of host and runs alone, by a contract that is frozen. */
  readonly discretion: Discretion
  readonly onAccepted: (answer: HelloAnswer & { accepted: true }) => void
  readonly onState?: (state: LinkState) => void
  /** Shorter in tests. */
  readonly delays?: { readonly reconnect: typeof reconnectLimits; readonly refused: typeof refusedLimits }
  readonly random?: () => number
  /** How long one try may be silent. */
  readonly openTimeoutMs?: number
}

/** A link that held this long was a good one: the next outage starts with short waits again. */
const settledAfterMs = 10_000
const acknowledgeTimeoutMs = 30_000
/** Node's timers hold 31 bits. */
const longestTimerMs = 2 ** 31 - 1

/** The one held link of this device. */
export class LiveHubLink implements HubLink {
  readonly #options: HubLinkOptions
  readonly #gate: CommandGate
  readonly #closing = new AbortController()
  readonly #waiting = new Set<() => void>()
  #socket: LinkSocket | null = null
  #state: LinkState = { state: 'connecting', problem: null }
  #dialling: Promise<void> | null = null

  constructor(options: HubLinkOptions) {
    this.#options = options
    this.#gate = new CommandGate(options.commands, options.discretion)
  }

  get state(): LinkState {
    return this.#state
  }

  start(): void {
    this.#dialling ??= this.#dialForEver()
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#socket?.close()
    await this.#dialling
    this.#enter({ state: 'closed', problem: null })
    this.#wakeAll()
  }

  async send<T extends ToHubType>(
    envelope: AnyEnvelope & { readonly type: T },
    timeoutMs = acknowledgeTimeoutMs,
  ): Promise<AckOf<ToHub, T>> {
    const socket = this.#socket
    if (socket === null || this.#state.state !== 'connected') throw new LinkLost('not connected')
    return readAck(envelope.type, await socket.send(this.#options.discretion.message(envelope), timeoutMs))
  }

  async request<T extends AgentRequestType>(
    type: T,
    body: BodyOf<ToHub, T>,
    options: { patienceMs: number; signal?: AbortSignal },
  ): Promise<AckOf<ToHub, T>> {
    const endsAtMs = performance.now() + options.patienceMs
    const id = randomUUID()
    for (let attempt = 0; ; attempt += 1) {
      const leftMs = endsAtMs - performance.now()
      if (leftMs <= 0) throw new AppError('hub.unreachable')
      const within = AbortSignal.any([AbortSignal.timeout(Math.ceil(leftMs)), ...(options.signal === undefined ? [] : [options.signal])])
      try {
        await this.whenConnected(within)
        return await this.send({ v: 1, id, type, sentAtMs: Date.now(), body }, Math.min(leftMs, acknowledgeTimeoutMs))
      } catch (error) {
        options.signal?.throwIfAborted()
        if (!(error instanceof LinkLost) && !mayPass(error) && !within.aborted) throw error
        await pause(reconnectDelayMs(attempt, this.#random(), callLimits), options.signal)
      }
    }
  }

  async whenConnected(signal?: AbortSignal): Promise<void> {
    while (this.#state.state !== 'connected') {
      signal?.throwIfAborted()
      if (isRevoked(this.#state)) throw linkProblem(this.#state)
      if (this.#state.state === 'closed') throw new AppError('hub.unreachable', { message: 'The link to the hub was closed.' })
      await this.#nextState(signal)
    }
  }

  async #nextState(signal?: AbortSignal): Promise<void> {
    let wake: () => void = () => undefined
    const woken = new Promise<void>((resolve) => {
      wake = resolve
    })
    this.#waiting.add(wake)
    signal?.addEventListener('abort', wake, { once: true })
    try {
      await woken
    } finally {
      this.#waiting.delete(wake)
      signal?.removeEventListener('abort', wake)
    }
  }

  async #dialForEver(): Promise<void> {
    const limits = this.#options.delays ?? { reconnect: reconnectLimits, refused: refusedLimits }
    let attempt = 0
    while (!this.#closing.signal.aborted) {
      const life = await this.#liveOnce()
      if (this.#closing.signal.aborted) break
      if (isRevoked(this.#state)) return this.#restUntilClosed()
      attempt = life.heldMs >= settledAfterMs ? 0 : attempt + 1
      const delayMs = life.refused
        ? reconnectDelayMs(attempt, 0.5 + this.#random() / 2, limits.refused)
        : reconnectDelayMs(Math.max(0, attempt - 1), this.#random(), limits.reconnect)
      await pause(delayMs, this.#closing.signal)
    }
  }

  /**
   * A device that was cut off is not asked back: dialling on would only be noise, on both sides. Nor does its agent end, for then whoever
   * keeps services running would start it again and again, and it would dial each time.
   */
  async #restUntilClosed(): Promise<void> {
    while (!this.#closing.signal.aborted) await pause(longestTimerMs, this.#closing.signal)
  }

  /** Dials, greets, and stays until the socket ends. */
  async #liveOnce(): Promise<{ refused: boolean; heldMs: number }> {
    if (this.#state.state !== 'refused') this.#enter({ state: 'connecting', problem: this.#state.problem })
    const socket = dialHub({
      hubUrl: this.#options.hubUrl,
      authority: this.#options.authority,
      onMessage: (envelope) => this.#gate.handle(envelope),
      openTimeoutMs: this.#options.openTimeoutMs ?? longestOpenMs,
    })
    this.#socket = socket
    let upSinceMs: number | null = null
    try {
      const answer = await socket.open((challenge) => this.#hello(challenge))
      if (!answer.accepted) throw refusal(answer)
      upSinceMs = performance.now()
      this.#options.onAccepted(answer)
      this.#enter({ state: 'connected', problem: null })
      const end = await socket.ended
      if (!this.#closing.signal.aborted) this.#enter(afterEnd(end))
    } catch (error) {
      this.#enter(afterFailure(error))
    } finally {
      this.#socket = null
      socket.close()
    }
    return { refused: this.#state.state === 'refused', heldMs: upSinceMs === null ? 0 : performance.now() - upSinceMs }
  }

  #hello(challenge: HubChallenge): AgentHello {
    const { hubId, agentId } = this.#options
    if (challenge.hubId !== hubId)
      throw new AppError('agent.identity-invalid', {
        message: 'Another hub answers at this address.',
        cure: 'Check the hub\u2019s address; a device belongs to the hub it was enrolled at.',
      })
    const protocol = Math.min(protocolVersion, Math.max(oldestProtocolVersion, challenge.protocol.newest))
    return {
      protocol,
      version: this.#options.version,
      capabilities: [...this.#options.capabilities],
      agentId,
      host: this.#options.hostFacts(),
      runsInHand: [...this.#options.runsInHand()],
      signature: Buffer.from(this.#options.sign(helloSigningBytes(challenge, agentId, protocol))).toString('base64url'),
    }
  }

  #enter(state: LinkState): void {
    this.#state = state
    this.#options.onState?.(state)
    this.#wakeAll()
  }

  #wakeAll(): void {
    for (const wake of this.#waiting) wake()
  }

  #random(): number {
    return (this.#options.random ?? Math.random)()
  }
}

function readAck<T extends ToHubType>(type: T, answer: AckEnvelope): AckOf<ToHub, T> {
  if (!answer.ok) throw fromWireError(answer.error)
  const parsed = agentMessages[type].ack.safeParse(answer.body)
  if (!parsed.success)
    throw new AppError('protocol.invalid-message', { message: `The hub answered ${type} in a form this agent does not know.` })
  return parsed.data as AckOf<ToHub, T>
}

const refusal = (answer: HelloAnswer & { accepted: false }): AppError =>
  new AppError(isErrorCode(answer.code) ? answer.code : 'agent.identity-invalid', {
    message: answer.message,
    cure: answer.cure,
    context: { remoteCode: answer.code },
  })

/** True once the hub has cut this device off: its identity is worth nothing any more. A start of the agent asks once again. */
export const isRevoked = ({ state, problem }: LinkState): boolean => state === 'refused' && problem?.code === 'agent.revoked'

/** A link that the hub ended on purpose (replaced, removed) is not dialled again at once: a person has to look. */
function afterEnd({ reason, told }: LinkEnd): LinkState {
  if (told !== null && !(isErrorCode(told.code) && mayPass(new AppError(told.code)))) return { state: 'refused', problem: told }
  return {
    state: 'waiting',
    problem: told ?? toWireError(new AppError('hub.unreachable', { message: `The link to the hub was lost (${reason}).` })),
  }
}

function afterFailure(error: unknown): LinkState {
  if (error instanceof LinkLost)
    return { state: 'waiting', problem: toWireError(new AppError('hub.unreachable', { message: error.message, cause: error })) }
  // A hub whose database is away, or that made a mistake, is soon a good one again.
  const isPassing = mayPass(error) || toAppError(error).code === 'internal'
  return { state: isPassing ? 'waiting' : 'refused', problem: toProblem(error) }
}

function toProblem(error: unknown): LinkState['problem'] {
  const known = toAppError(error)
  const remoteCode = known.context['remoteCode']
  return { ...toWireError(known), ...(typeof remoteCode === 'string' ? { code: remoteCode } : {}) }
}

async function pause(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(delayMs, undefined, signal === undefined ? {} : { signal })
  } catch {
    // Only an abort rejects: whoever asked looks at the signal next.
  }
}

/** Why a link is not there, as an error for the person who asked for something that needs it. */
export function linkProblem({ problem }: LinkState): AppError {
  if (problem === null) return new AppError('hub.unreachable')
  return new AppError(isErrorCode(problem.code) ? problem.code : 'hub.unreachable', { message: problem.message, cure: problem.cure })
}
