import { randomUUID } from 'node:crypto'
import {
  AckEnvelope,
  AppError,
  errorFacts,
  fromWireError,
  hubCommands,
  linkEndedEvent,
  messageEvent,
  protocolVersion,
  type AckOf,
  type AgentHello,
  type AgentId,
  type BodyOf,
  type ErrorCode,
  type HubCommandType,
  type LinkEnded,
} from '@holdfast/shared-types'
import type { Socket } from 'socket.io'

/** Why `send` has no answer: `unlinked` = the command may or may not have arrived; `unanswered` = the same, with the link still there. */
export type SendFailure = 'not-linked' | 'unlinked' | 'unanswered'
export const sendFailureOf = (error: unknown): SendFailure | null =>
  error instanceof AppError && error.code === 'agent.offline'
    ? ((error.context['failure'] as SendFailure | undefined) ?? 'not-linked')
    : null

export const agentOffline = (failure: SendFailure) =>
  new AppError('agent.offline', {
    message: failure === 'unanswered' ? 'The device is connected but does not answer.' : undefined,
    context: { failure },
  })

/** The words with which the hub ends a link. */
export const linkEndedBy = (code: ErrorCode): LinkEnded => ({ code, message: errorFacts(code).title, cure: errorFacts(code).cure })

/** A proven link to one agent. */
export class AgentLink {
  readonly agentId: AgentId
  /** What the agent said in its hello that it can do besides runs. */
  readonly capabilities: ReadonlySet<string>
  readonly #socket: Socket
  readonly #now: () => number
  /** Who waits for an answer. Never a promise that they race with: it would keep every answer for the life of the link. */
  readonly #waiting = new Set<(error: AppError) => void>()
  #isReady = false

  constructor(hello: Pick<AgentHello, 'agentId' | 'capabilities'>, socket: Socket, now: () => number) {
    this.agentId = hello.agentId
    this.capabilities = new Set(hello.capabilities)
    this.#socket = socket
    this.#now = now
    socket.once('disconnect', () => {
      for (const reject of this.#waiting) reject(agentOffline('unlinked'))
      this.#waiting.clear()
    })
  }

  /** True between the accepted hello and the end: commands may be sent. */
  get isReady(): boolean {
    return this.#isReady && this.#socket.connected
  }

  setReady(): void {
    this.#isReady = true
  }

  /**
   * Sends a command and waits for its acknowledgement. Never queued: without a live link nothing is emitted.
   *
   * @throws AppError `agent.offline` (see `sendFailureOf`), or what the agent refused it with
   */
  async send<T extends HubCommandType>(
    type: T,
    body: BodyOf<typeof hubCommands, T>,
    deadlineMs: number,
  ): Promise<AckOf<typeof hubCommands, T>> {
    if (!this.isReady) throw agentOffline('not-linked')
    const envelope = { v: protocolVersion, id: randomUUID(), type, sentAtMs: this.#now(), body }
    const raw = await this.#answerTo(envelope, deadlineMs)
    const ack = AckEnvelope.safeParse(raw)
    if (!ack.success)
      throw new AppError('protocol.invalid-message', { message: `The agent answered ${type} with something else than an acknowledgement.` })
    if (!ack.data.ok) throw fromWireError(ack.data.error)
    const parsed = hubCommands[type].ack.safeParse(ack.data.body)
    if (!parsed.success)
      throw new AppError('protocol.invalid-message', { message: `The agent\u2019s answer to ${type} does not match the protocol.` })
    return parsed.data as AckOf<typeof hubCommands, T>
  }

  async #answerTo(envelope: object, deadlineMs: number): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    this.#waiting.add(reject)
    this.#socket
      .timeout(deadlineMs)
      .emitWithAck(messageEvent, envelope)
      .then(resolve, () => reject(agentOffline('unanswered')))
    try {
      return await promise
    } finally {
      this.#waiting.delete(reject)
    }
  }

  /** Says why and hangs up. */
  end(reason: LinkEnded): void {
    this.#socket.emit(linkEndedEvent, reason)
    this.#socket.disconnect(true)
  }
}
