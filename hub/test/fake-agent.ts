import { generateKeyPairSync, randomUUID, sign, type KeyObject } from 'node:crypto'
import {
  AckEnvelope,
  type AgentHello,
  agentNamespace,
  AnyEnvelope,
  AppError,
  challengeEvent,
  HelloAnswer,
  helloEvent,
  helloSigningBytes,
  HubChallenge,
  linkEndedEvent,
  messageEvent,
  toWireError,
  type AgentId,
  type BodyOf,
  type EnrolAnswer,
  type EnrolRequest,
  type hubCommands,
  type LinkEnded,
  type RunInHand,
} from '@holdfast/shared-types'
import { SignJWT } from 'jose'
import { io, type Socket } from 'socket.io-client'

type Offer = BodyOf<typeof hubCommands, 'run.offer'>
type Cancel = BodyOf<typeof hubCommands, 'run.cancel'>
type Pause = BodyOf<typeof hubCommands, 'run.pause'>

export const hostFacts = {
  hostname: 'laptop.lan',
  os: 'linux' as const,
  osVersion: 'Debian 12',
  arch: 'x64',
  timeZone: 'Europe/Berlin',
  cpuCount: 2,
  memoryBytes: 8_000_000_000,
}

const rawPublic = (key: KeyObject): string => key.export({ format: 'jwk' }).x ?? ''

/** The agent's side of the protocol, with a real socket and real keys, doing exactly what a test says. */
export class FakeAgent {
  readonly name: string
  readonly offers: Offer[] = []
  readonly cancels: Cancel[] = []
  readonly pauses: Pause[] = []
  /** Said by the hub before it hung up. */
  ended: LinkEnded | null = null
  answer: EnrolAnswer | null = null
  origin = ''
  /** How offers and cancels are answered; null = never. An error is what an agent refuses a command with. */
  onOffer: ((offer: Offer) => { accepted: boolean; reason?: string } | AppError | null) | null = () => ({ accepted: true })
  onCancel: ((cancel: Cancel) => { known: boolean } | null) | null = () => ({ known: true })
  onPause: (pause: Pause) => { known: boolean } | AppError = () => ({ known: true })
  /** What it says that it can do. */
  capabilities: readonly string[] = []
  /** Every other command, and how it is answered; null = never. */
  readonly commands: { readonly type: string; readonly body: unknown }[] = []
  onCommand: ((type: string, body: unknown) => object | AppError | null) | null = () => ({})
  socket: Socket | null = null
  readonly #signing = generateKeyPairSync('ed25519')
  readonly #box = generateKeyPairSync('x25519')

  constructor(name: string) {
    this.name = name
  }

  get agentId(): AgentId {
    if (this.answer === null) throw new Error('Not enrolled')
    return this.answer.agentId
  }

  /** Private halves, for what only the agent itself can sign and open. */
  get privateKeys(): { readonly signing: KeyObject; readonly box: KeyObject } {
    return { signing: this.#signing.privateKey, box: this.#box.privateKey }
  }

  enrolRequest(token: string): EnrolRequest {
    const boxPublicKey = rawPublic(this.#box.publicKey)
    const boxSignature = sign(
      null,
      Buffer.concat([Buffer.from('holdfast-agent-key-1'), Buffer.from(boxPublicKey, 'base64url')]),
      this.#signing.privateKey,
    )
    return {
      token,
      name: this.name,
      host: hostFacts,
      version: '0.1.0',
      signPublicKey: rawPublic(this.#signing.publicKey),
      boxPublicKey,
      boxSignature: boxSignature.toString('base64url'),
    }
  }

  /** A token for HTTP. */
  token(): Promise<string> {
    const { agentId, hubId } = this.answer ?? { agentId: '', hubId: '' }
    return new SignJWT()
      .setProtectedHeader({ alg: 'EdDSA', kid: agentId })
      .setIssuer(agentId)
      .setSubject(agentId)
      .setAudience(hubId)
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(this.#signing.privateKey)
  }

  async call(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(this.origin + path, {
      ...init,
      headers: {
        'content-type': 'application/json',
        ...(init.headers as Record<string, string>),
        authorization: `Bearer ${await this.token()}`,
      },
    })
  }

  /** Dials and waits for the challenge, without saying hello. */
  async dial(): Promise<HubChallenge> {
    this.ended = null
    const socket = io(`${this.origin}${agentNamespace}`, { transports: ['websocket'], reconnection: false, forceNew: true })
    this.socket = socket
    socket.on(linkEndedEvent, (why: LinkEnded) => void (this.ended = why))
    socket.on(messageEvent, (raw: unknown, acknowledge: (ack: AckEnvelope) => void) => this.#obey(AnyEnvelope.parse(raw), acknowledge))
    return new Promise((resolve, reject) => {
      socket.once(challengeEvent, (challenge) => resolve(HubChallenge.parse(challenge)))
      socket.once('connect_error', reject)
    })
  }

  hello(challenge: HubChallenge, change: Partial<AgentHello> = {}): AgentHello {
    const protocol = change.protocol ?? 1
    const signature = sign(null, helloSigningBytes(challenge, this.agentId, protocol), this.#signing.privateKey).toString('base64url')
    return {
      protocol,
      version: '0.1.0',
      capabilities: [...this.capabilities],
      agentId: this.agentId,
      host: hostFacts,
      runsInHand: [],
      signature,
      ...change,
    }
  }

  async say(hello: unknown): Promise<HelloAnswer> {
    return HelloAnswer.parse(await this.#live.timeout(20_000).emitWithAck(helloEvent, hello))
  }

  /** Dials and says hello. */
  async link(runsInHand: readonly RunInHand[] = []): Promise<HelloAnswer> {
    const challenge = await this.dial()
    return this.say(this.hello(challenge, { runsInHand: [...runsInHand] }))
  }

  get #live(): Socket {
    if (this.socket === null) throw new Error('Not dialled')
    return this.socket
  }

  /** Sends a message; `id` makes it a repeated one. */
  async send(type: string, body: unknown, id: string = randomUUID()): Promise<AckEnvelope> {
    return AckEnvelope.parse(await this.#live.timeout(20_000).emitWithAck(messageEvent, { v: 1, id, type, sentAtMs: Date.now(), body }))
  }

  #obey({ type, body }: AnyEnvelope, acknowledge: (ack: AckEnvelope) => void): void {
    if (type === 'run.offer') {
      this.offers.push(body as Offer)
      const answer = this.onOffer?.(body as Offer)
      if (answer instanceof AppError) acknowledge({ ok: false, error: toWireError(answer) })
      else if (answer) acknowledge({ ok: true, body: answer })
    } else if (type === 'run.pause') {
      this.pauses.push(body as Pause)
      const answer = this.onPause(body as Pause)
      acknowledge(answer instanceof AppError ? { ok: false, error: toWireError(answer) } : { ok: true, body: answer })
    } else if (type !== 'run.cancel') {
      this.commands.push({ type, body })
      const answer = this.onCommand?.(type, body)
      if (answer instanceof AppError) acknowledge({ ok: false, error: toWireError(answer) })
      else if (answer) acknowledge({ ok: true, body: answer })
    } else {
      this.cancels.push(body as Cancel)
      const answer = this.onCancel?.(body as Cancel)
      if (answer) acknowledge({ ok: true, body: answer })
    }
  }

  /** Ends the link as a cut cable or a killed process would: without a word. */
  cut(): void {
    this.socket?.io.engine.close()
    this.socket?.disconnect()
    this.socket = null
  }

  async close(): Promise<void> {
    this.socket?.disconnect()
    this.socket = null
  }
}
