import { inspect } from 'node:util'
import fc, { type Arbitrary } from 'fast-check'
import {
  AckEnvelope,
  AgentHello,
  agentReports,
  agentRequests,
  AnyEnvelope,
  HelloAnswer,
  messageEvent,
  Subscribe,
  subscribeEvent,
  SubscribeAck,
  uiNamespace,
  unsubscribeEvent,
} from '@holdfast/shared-types'
import { io, type Socket } from 'socket.io-client'
import type { z } from 'zod'
import { arbitraryOf, mutantsOf, strangers } from '../../../scripts/testing/schema-arbitraries.ts'
import type { FuzzedHub } from './fuzzed-hub.ts'
import type { FuzzOptions } from './fuzz-http.ts'

const patienceMs = 20_000

/** Asks over a socket. @returns the answer; `ended` where the hub hung up instead, which it may */
async function ask(socket: Socket, event: string, ...body: readonly unknown[]): Promise<unknown> {
  const ended = Promise.withResolvers<'ended'>()
  const onEnd = (): void => ended.resolve('ended')
  socket.once('disconnect', onEnd)
  try {
    return await Promise.race([socket.timeout(patienceMs).emitWithAck(event, ...body), ended.promise])
  } catch (error) {
    if (!socket.connected) return 'ended'
    throw error
  } finally {
    socket.off('disconnect', onEnd)
  }
}

interface Exchange {
  readonly what: string
  readonly sent: unknown
  /** A body of an answer that says yes. */
  readonly yes: z.ZodType
  readonly send: () => Promise<unknown>
}

/** Collects what is wrong with answers, once for each kind. */
class Findings {
  readonly #faults = new Map<string, string>()
  readonly #fuzzed: FuzzedHub
  /** What was said yes to at least once: a door that is never opened proves nothing. */
  readonly taken = new Set<string>()
  constructor(fuzzed: FuzzedHub) {
    this.#fuzzed = fuzzed
  }
  async judge({ what, sent, yes, send }: Exchange): Promise<void> {
    const before = this.#fuzzed.mistakes.length
    const answer = await send().catch((error: unknown) => new Error(String(error)))
    if (AckEnvelope.safeParse(answer).data?.ok === true) this.taken.add(what)
    const fault = answer instanceof Error ? answer.message : faultOfAck(answer, yes)
    const mistake = this.#fuzzed.mistakes[before]
    const said = mistake === undefined ? fault : `the hub logged ${mistake}`
    if (said !== null)
      this.#faults.set(`${what} ${said.slice(0, 60)}`, `${what}: ${said}\n  asked ${inspect(sent, { depth: 8 }).slice(0, 600)}`)
  }
  get all(): string[] {
    return [...this.#faults.values()]
  }
}

function faultOfAck(answer: unknown, yes: z.ZodType): string | null {
  if (answer === 'ended') return null
  const ack = AckEnvelope.safeParse(answer)
  if (!ack.success) return `no acknowledgement: ${inspect(answer).slice(0, 200)}`
  if (!ack.data.ok) return ack.data.error.code === 'internal' ? 'internal' : null
  const body = yes.safeParse(ack.data.body)
  return body.success ? null : `a yes off its contract: ${body.error.message.slice(0, 200)}`
}

const guestsOf = (schema: z.ZodType, fuzzed: FuzzedHub): Arbitrary<unknown> => {
  const fitting = arbitraryOf(schema, fuzzed.known)
  return fc.oneof(
    { weight: 3, arbitrary: fitting },
    { weight: 5, arbitrary: mutantsOf(fitting) },
    { weight: 1, arbitrary: fc.constantFrom(...strangers, new Uint8Array(3), undefined) },
  )
}

async function dial(origin: string, cookie: string): Promise<Socket> {
  const socket = io(`${origin}${uiNamespace}`, { transports: ['websocket'], reconnection: false, forceNew: true, extraHeaders: { cookie } })
  const connected = Promise.withResolvers<Socket>()
  socket.once('connect', () => connected.resolve(socket))
  socket.once('connect_error', (error) => connected.reject(error))
  return connected.promise
}

/** Everything a browser may say, and what it may not. */
export async function fuzzUi(fuzzed: FuzzedHub, { seed, guests }: FuzzOptions): Promise<string[]> {
  const findings = new Findings(fuzzed)
  const cookie = await fuzzed.cookie()
  let socket = await dial(fuzzed.hub.origin, cookie)
  for (const event of [subscribeEvent, unsubscribeEvent]) {
    const yes = event === subscribeEvent ? SubscribeAck : Subscribe.pick({}).loose()
    for (const sent of fc.sample(guestsOf(Subscribe, fuzzed), { seed, numRuns: guests })) {
      if (!socket.connected) socket = await dial(fuzzed.hub.origin, cookie)
      socket.emit(event, sent) // Also without waiting for an answer.
      await findings.judge({ what: event, sent, yes, send: () => ask(socket, event, sent) })
    }
  }
  socket.disconnect()
  return findings.all
}

/**
 * Everything an agent may say once it is linked: bodies of each type with a fence that holds, and envelopes that are none.
 *
 * @returns what went wrong, and what was taken
 */
export async function fuzzAgentMessages(
  fuzzed: FuzzedHub,
  { seed, guests }: FuzzOptions,
): Promise<{ readonly faults: string[]; readonly taken: readonly string[] }> {
  const findings = new Findings(fuzzed)
  for (const [type, { body, ack }] of Object.entries({ ...agentReports, ...agentRequests })) {
    await fuzzed.takeRun(type === 'vault.unseal' ? 'verify' : 'backup')
    const ofRun = guestsOf(body, fuzzed).map((value) => (isObject(value) ? { ...value, ...claims(value, fuzzed) } : value))
    for (const sent of fc.sample(fc.oneof(ofRun, guestsOf(body, fuzzed)), { seed, numRuns: guests })) {
      const agent = await fuzzed.linked()
      const envelope = { v: 1, id: crypto.randomUUID(), type, sentAtMs: Date.now(), body: sent }
      await findings.judge({ what: type, sent, yes: ack, send: () => ask(agent.socket as Socket, messageEvent, envelope) })
    }
  }
  for (const sent of fc.sample(guestsOf(AnyEnvelope, fuzzed), { seed, numRuns: guests })) {
    const agent = await fuzzed.linked()
    await findings.judge({ what: 'envelope', sent, yes: AckEnvelope, send: () => ask(agent.socket as Socket, messageEvent, sent) })
  }
  return { faults: findings.all, taken: [...findings.taken] }
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The run that this agent has in hand, where the message is about a run. */
const claims = (value: object, { running }: FuzzedHub): object =>
  'runId' in value ? running : 'fence' in value ? { fence: running.fence } : {}

/** Hellos that are none, each on a socket of its own. */
export async function fuzzHellos(fuzzed: FuzzedHub, { seed, guests }: FuzzOptions): Promise<string[]> {
  const faults: string[] = []
  const proven = guestsOf(AgentHello, fuzzed)
  for (const sent of fc.sample(proven, { seed, numRuns: guests })) {
    const challenge = await fuzzed.agent.dial()
    const signed = isObject(sent) ? { ...sent, ...fuzzed.agent.hello(challenge), ...withoutProof(sent) } : sent
    const answer = await ask(fuzzed.agent.socket as Socket, 'hello', signed).catch(String)
    const parsed = HelloAnswer.safeParse(answer).data
    const isGood = answer === 'ended' || (parsed !== undefined && (parsed.accepted || parsed.code !== 'internal'))
    if (!isGood) faults.push(`hello: ${inspect(answer).slice(0, 200)}\n  said ${inspect(signed, { depth: 6 }).slice(0, 400)}`)
    await fuzzed.agent.close()
  }
  return faults
}

/** The hello keeps its own facts and its proof is made right, so that it comes further than the door. */
function withoutProof(hello: object): object {
  const { agentId: _agentId, signature: _signature, protocol: _protocol, ...facts } = hello as Record<string, unknown>
  return facts
}

/** Frames that no client of Socket.IO would send, on a connection of their own. */
export const brokenFrames: readonly (string | Uint8Array)[] = [
  '',
  '4',
  '42',
  '9',
  '40/ui,{',
  '40/nowhere,',
  '40/agent,[]',
  '42/ui,["subscribe"',
  '42/ui,{}',
  '42/ui,["disconnect"]',
  '42/ui,[[]]',
  '42/ui,99999999999999999999["subscribe",{"topic":"runs"}]',
  '451-/ui,["subscribe",{"_placeholder":true,"num":5}]',
  '4599999999-/ui,["subscribe"]',
  '45-/ui,[]',
  '43/ui,0[]',
  '44/ui,{}',
  '41/ui,',
  `42/ui,${'['.repeat(200_000)}`,
  'x'.repeat(500_000),
  new Uint8Array(10),
  new Uint8Array(900_000),
]

/** Sends each of them after a greeting to the namespace. Resolves when all connections are over. */
export async function sendBrokenFrames(origin: string, headers: Readonly<Record<string, string>>): Promise<void> {
  for (const frame of brokenFrames) {
    const options = { headers } as unknown as string[] // Node's own client takes headers, which the browser's type does not know.
    const socket = new WebSocket(`${origin.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`, options)
    const over = new Promise<void>((resolve) => {
      socket.addEventListener('close', () => resolve())
      socket.addEventListener('error', () => resolve())
    })
    socket.addEventListener('open', () => {
      socket.send('40/ui,')
      setTimeout(() => socket.send(typeof frame === 'string' ? frame : Buffer.from(frame)), 20)
      setTimeout(() => socket.close(), 60)
    })
    await over
  }
}
