import { createPublicKey, randomBytes, randomUUID, verify } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { createServer as createNetServer, type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { agentFileText, decodeSnapshotObject, uuidFromBytes, withMac } from '@holdfast/engine/format'
import {
  AckEnvelope,
  AgentHello,
  AgentId,
  agentMessages,
  agentNamespace,
  AnyEnvelope,
  AppError,
  challengeEvent,
  EnrolRequest,
  envelopeFor,
  helloEvent,
  helloSigningBytes,
  HubId,
  linkEndedEvent,
  messageEvent,
  RunId,
  SessionId,
  SnapshotId,
  toProblem,
  toWireError,
  type AckOf,
  type AgentMessageType,
  type BodyOf,
  type HelloAnswer,
  type hubCommands,
  type HubCommandType,
  type RunRequest,
  type VaultKind,
} from '@holdfast/shared-types'
import { Server as SocketServer, type Socket } from 'socket.io'
import { FakeVault } from './fake-vault.ts'
import { Traffic } from './traffic.ts'

type Handler = (body: never, id: string) => unknown
export interface Report {
  readonly id: string
  readonly type: string
  readonly body: Record<string, unknown>
}
/** PEM. */
export interface FakeHubCertificate {
  readonly cert: string
  readonly key: string
}
interface Device {
  readonly signKey: string
  readonly boxKey: Uint8Array
  /** Its agent object, as the vault keeps it. */
  readonly object: Uint8Array
}

/** A hub that speaks the contract over real sockets and HTTP and does as a test's script says. Everything that comes in is parsed. */
export class FakeHub {
  readonly hubId = HubId.parse(randomUUID())
  readonly vault = new FakeVault()
  readonly traffic = new Traffic()
  /** What the hub says of it. */
  vaultKind: VaultKind = 'managed'
  readonly tokens = new Set<string>()
  readonly devices = new Map<string, Device>()
  readonly hellos: AgentHello[] = []
  /** Every message of agents as it came, repeats included. */
  readonly received: Report[] = []
  /** What does not fit the contract: a test ends with none. */
  readonly violations: string[] = []
  readonly handlers = new Map<string, Handler>()
  readonly requests = new Map<RunId, RunRequest>()
  answerHello: (hello: AgentHello) => HelloAnswer = () => ({ accepted: true, hubVersion: '0', timeMs: Date.now(), dropRuns: [] })
  /** Looks at each HTTP call before it is answered; may throw an AppError. */
  onHttp: (method: string, path: string, query: URLSearchParams) => Promise<void> | void = () => undefined
  /** Answers for calls that it has none for itself, by `METHOD /path`. */
  readonly scripted = new Map<string, (query: URLSearchParams, body: Buffer) => unknown>()
  /** What is said of a snapshot's maker; a test may say something else. */
  answerSigner: (object: Uint8Array) => Uint8Array = (object) => object
  usableBaseSnapshots: readonly string[] = []
  /** Files of which the vault has lost something. */
  readAgain: readonly { readonly path: string }[] = []
  /** What backups that keep deleted files are told to keep them from; undefined says nothing. */
  keepBase: { readonly snapshotId: SnapshotId; readonly isNewest: boolean } | null | undefined = undefined
  readonly #http: Server
  readonly #io: SocketServer
  #links = new Set<Socket>()

  readonly #scheme: 'http' | 'https'

  private constructor(certificate: FakeHubCertificate | null) {
    const answer = (request: IncomingMessage, response: ServerResponse): void => void this.#answer(request, response)
    this.#scheme = certificate === null ? 'http' : 'https'
    this.#http = certificate === null ? createServer(answer) : createTlsServer(certificate, answer)
    this.#io = new SocketServer(this.#http, { transports: ['websocket'], serveClient: false })
    this.traffic.listen(this.#http, this.#io)
    this.#io.of(agentNamespace).on('connection', (socket) => this.#greet(socket))
  }

  static async start(port = 0, certificate: FakeHubCertificate | null = null): Promise<FakeHub> {
    const hub = new FakeHub(certificate)
    for (const endsAtMs = performance.now() + 20_000; ; await sleep(50)) {
      const problem = await hub.#listen(port)
      if (problem === null) return hub
      // A port that was given up for a moment may be another test's for one.
      if (problem.code !== 'EADDRINUSE' || performance.now() > endsAtMs) throw problem
    }
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.port}`
  }

  get linkCount(): number {
    return this.#links.size
  }

  /** As a pulled cable: the sockets are gone without a word. */
  cut(): void {
    for (const socket of this.#links) socket.conn.close()
  }

  endLinks(why: { code: string; message: string; cure: string }): void {
    for (const socket of this.#links) {
      socket.emit(linkEndedEvent, why)
      socket.disconnect(true)
    }
  }

  async close(): Promise<void> {
    await this.#io.close()
    this.#http.closeAllConnections()
  }

  /** Closes, and has nobody answer there; another test's hub might be given the port else. @returns gives the port free */
  async goAway(): Promise<() => void> {
    const { port } = this
    await this.close()
    const nobody = createNetServer((socket) => socket.destroy()).listen(port, '127.0.0.1')
    await once(nobody, 'listening')
    return () => void nobody.close()
  }

  /** Sends a command to the one linked agent. */
  async command<T extends HubCommandType>(type: T, body: BodyOf<typeof hubCommands, T>, id: string = randomUUID()): Promise<AckEnvelope> {
    const [socket] = this.#links
    if (socket === undefined) throw new Error('no agent is linked')
    return AckEnvelope.parse(await socket.timeout(20_000).emitWithAck(messageEvent, { v: 1, id, type, sentAtMs: Date.now(), body }))
  }

  async offer(
    request: RunRequest,
    options: { fence?: number; leaseMs?: number; runId?: RunId } = {},
  ): Promise<{ runId: RunId; ack: AckEnvelope }> {
    const runId = options.runId ?? RunId.parse(randomUUID())
    this.requests.set(runId, request)
    return {
      runId,
      ack: await this.command('run.offer', { runId, fence: options.fence ?? 1, leaseMs: options.leaseMs ?? 60_000, request }),
    }
  }

  /** Offers until it is taken, as the hub does: a thread that takes long to go declines what would meet it. */
  async begin(request: RunRequest, options: { leaseMs?: number } = {}): Promise<RunId> {
    for (const endsAtMs = performance.now() + 15_000; ; await sleep(20)) {
      const { runId, ack } = await this.offer(request, options)
      if (ack.ok && (ack.body as AckOf<typeof hubCommands, 'run.offer'>).accepted) return runId
      if (performance.now() > endsAtMs) throw new Error(`no run was taken: ${JSON.stringify(ack)}`)
    }
  }

  reports(type: string): Report[] {
    return this.received.filter((report) => report.type === type)
  }

  /** Waits until something is so. */
  async until<T>(look: () => T | undefined | null | false, what: string, withinMs = 30_000): Promise<T> {
    for (const endsAtMs = performance.now() + withinMs; performance.now() < endsAtMs; await sleep(10)) {
      const seen = look()
      if (seen !== undefined && seen !== null && seen !== false) return seen
    }
    throw new Error(`still waiting for ${what}; so far: ${this.received.map(({ type }) => type).join(' ')} ${this.violations.join('; ')}`)
  }

  #listen(port: number): Promise<NodeJS.ErrnoException | null> {
    return new Promise((resolve) => {
      this.#http.once('error', resolve)
      this.#http.listen(port, '127.0.0.1', () => {
        this.#http.off('error', resolve)
        resolve(null)
      })
    })
  }

  #greet(socket: Socket): void {
    const challenge = { hubId: this.hubId, nonce: randomBytes(32).toString('base64url'), protocol: { oldest: 1, newest: 1 } }
    socket.emit(challengeEvent, challenge)
    socket.on(helloEvent, (raw: unknown, acknowledge: (answer: HelloAnswer) => void) => {
      const hello = this.#parse(AgentHello, raw)
      if (hello === null || !this.#isProven(hello, challenge))
        return acknowledge({
          accepted: false,
          code: 'agent.identity-invalid',
          message: 'Not proven.',
          cure: 'Enrol again.',
          protocol: challenge.protocol,
        })
      this.hellos.push(hello)
      const answer = this.answerHello(hello)
      if (answer.accepted) this.#link(socket, hello)
      acknowledge(answer)
    })
  }

  #isProven(hello: AgentHello, challenge: { hubId: HubId; nonce: string }): boolean {
    const device = this.devices.get(hello.agentId)
    if (device === undefined) return false
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: device.signKey }, format: 'jwk' })
    return verify(null, helloSigningBytes(challenge, hello.agentId, hello.protocol), key, Buffer.from(hello.signature, 'base64url'))
  }

  #link(socket: Socket, hello: AgentHello): void {
    this.#links.add(socket)
    socket.on('disconnect', () => this.#links.delete(socket))
    socket.on(messageEvent, (raw: unknown, acknowledge: (answer: AckEnvelope) => void) => {
      void this.#take(raw, hello.agentId).then((answer) => {
        if (answer !== null) acknowledge(answer)
      })
    })
  }

  /** Null = no acknowledgement at all: what a cut in the wrong moment looks like. */
  async #take(raw: unknown, agentId: AgentId): Promise<AckEnvelope | null> {
    const outer = this.#parse(AnyEnvelope, raw)
    if (outer === null) return { ok: false, error: toWireError(new AppError('protocol.invalid-message')) }
    const message = this.#parse(envelopeFor(outer.type as AgentMessageType), raw)
    if (message === null) return { ok: false, error: toWireError(new AppError('protocol.invalid-message')) }
    this.received.push({ id: message.id, type: message.type, body: message.body })
    try {
      const handler = this.handlers.get(message.type) ?? this.#default(message.type, agentId)
      const body = await handler(message.body as never, message.id)
      return body === null ? null : { ok: true, body: agentMessages[message.type].ack.parse(body) }
    } catch (error) {
      return { ok: false, error: toWireError(error instanceof AppError ? error : new AppError('internal', { cause: error })) }
    }
  }

  #default(type: string, agentId: AgentId): Handler {
    const { vaultId, domainId, keyEpoch } = this.vault
    const sealedDomainKeys = (): Promise<Uint8Array> =>
      this.vault.sealedKeysFor(agentId, this.devices.get(agentId)?.boxKey ?? new Uint8Array(32))
    switch (type) {
      case 'run.progress':
        return () => ({ goOn: true })
      case 'session.open':
        return async () => ({
          sessionId: SessionId.parse(randomUUID()),
          domainId,
          keyEpoch,
          ...this.#kind,
          sealedDomainKeys: await sealedDomainKeys(),
          usableBaseSnapshots: [...this.usableBaseSnapshots],
          readAgain: [...this.readAgain],
          hasBlobs: this.vault.packs.size > 0,
          nextSnapshotSeq: this.vault.snapshots.size + 1,
          ...(this.keepBase === undefined ? {} : { keepBase: this.keepBase }),
        })
      case 'session.have':
        return ({ ids }: { ids: Uint8Array }) => ({ locations: this.vault.locate(ids) })
      case 'vault.unseal':
        return async () => ({ vaultId, domainId, keyEpoch, ...this.#kind, sealedDomainKeys: await sealedDomainKeys() })
      default:
        return () => ({})
    }
  }

  /** As a hub that is older than private vaults says it of a managed one. */
  get #kind(): { vaultKind?: VaultKind } {
    return this.vaultKind === 'managed' ? {} : { vaultKind: this.vaultKind }
  }

  #parse<T>(schema: { safeParse(value: unknown): { success: true; data: T } | { success: false; error: Error } }, raw: unknown): T | null {
    const parsed = schema.safeParse(raw)
    if (parsed.success) return parsed.data
    this.violations.push(parsed.error.message)
    return null
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname: path, searchParams } = new URL(request.url ?? '', 'http://hub')
    try {
      const body = await bodyOf(request)
      await this.onHttp(request.method ?? '', path, searchParams)
      const call = `${request.method ?? ''} ${path}`
      const script = this.scripted.get(call)
      const answer = script === undefined ? this.#route(call, body) : script(searchParams, body)
      const bytes = answer instanceof Uint8Array ? answer : Buffer.from(JSON.stringify(answer))
      response.writeHead(200, { 'content-type': answer instanceof Uint8Array ? 'application/octet-stream' : 'application/json' }).end(bytes)
    } catch (error) {
      const known = error instanceof AppError ? error : new AppError('internal', { cause: error })
      const problem = toProblem(known)
      response.writeHead(problem.status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem))
    }
  }

  #route(call: string, body: Buffer): unknown {
    const [, session, pack] = /^PUT \/api\/v1\/sessions\/([^/]+)\/packs\/([^/]+)$/.exec(call) ?? []
    if (session !== undefined && pack !== undefined) return this.vault.putPack(pack, new Uint8Array(body)) ?? {}
    if (/^POST \/api\/v1\/sessions\/[^/]+\/commit$/.test(call))
      return { snapshotId: this.vault.commit(new Uint8Array(body)), receivedAtMs: Date.now() }
    if (call === 'POST /api/v1/enrol') return this.#enrol(EnrolRequest.parse(JSON.parse(body.toString())))
    const [, snapshotId, part] = /^(?:GET|POST) \/api\/v1\/snapshots\/([0-9a-f]{32})\/(object|locate|segments)$/.exec(call) ?? []
    if (snapshotId !== undefined) return this.#stored(SnapshotId.parse(snapshotId), part, body)
    const [, runId, what] = /^(?:GET|POST) \/api\/v1\/runs\/([^/]+)\/(snapshot-object|snapshot-signer|locate|segments)$/.exec(call) ?? []
    if (runId === undefined) throw new AppError('request.not-found')
    if (what === 'locate') return this.vault.locate(body)
    if (what === 'segments') return this.vault.readSegments(body)
    const object = this.#snapshotOf(RunId.parse(runId))
    return what === 'snapshot-object' ? object : this.#signerOf(object)
  }

  #stored(snapshotId: SnapshotId, part: string | undefined, body: Buffer): Uint8Array {
    if (part === 'locate') return this.vault.locate(body)
    if (part === 'segments') return this.vault.readSegments(body)
    const object = this.vault.snapshots.get(snapshotId)
    if (object === undefined) throw new AppError('snapshot.not-found')
    return object
  }

  #snapshotOf(runId: RunId): Uint8Array {
    const asked = this.requests.get(runId)
    const snapshotId = asked?.kind === 'backup' ? this.keepBase?.snapshotId : asked?.snapshotId
    const object = snapshotId === undefined ? undefined : this.vault.snapshots.get(snapshotId)
    if (object === undefined) throw new AppError('snapshot.not-found')
    return object
  }

  #signerOf(snapshot: Uint8Array): Uint8Array {
    const maker = this.devices.get(AgentId.parse(uuidFromBytes(decodeSnapshotObject(snapshot).header.agentId)))
    if (maker === undefined) throw new AppError('vault.corrupt')
    return this.answerSigner(maker.object)
  }

  #enrol(request: EnrolRequest): unknown {
    if (!this.tokens.delete(request.token)) throw new AppError('enrolment.token-invalid')
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: request.signPublicKey }, format: 'jwk' })
    const signed = Buffer.concat([Buffer.from('holdfast-agent-key-1'), Buffer.from(request.boxPublicKey, 'base64url')])
    if (!verify(null, signed, key, Buffer.from(request.boxSignature, 'base64url'))) throw new AppError('request.invalid')
    const agentId = AgentId.parse(randomUUID())
    const { signPublicKey, boxPublicKey, boxSignature } = request
    const file = { agentId, domainId: this.vault.domainId, signPublicKey, boxPublicKey, boxSignature, createdAtMs: Date.now() }
    const object = withMac(agentFileText(file), randomBytes(32).toString('base64url'))
    this.devices.set(agentId, { signKey: signPublicKey, boxKey: Buffer.from(boxPublicKey, 'base64url'), object })
    return {
      agentId,
      name: request.name ?? request.host.hostname,
      hubId: this.hubId,
      vaultId: this.vault.vaultId,
      domainId: this.vault.domainId,
      ...this.#kind,
    }
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts)
}
