import { Agent as HttpsAgent } from 'node:https'
import {
  agentNamespace,
  challengeEvent,
  helloEvent,
  linkEndedEvent,
  messageEvent,
  AckEnvelope,
  AppError,
  HelloAnswer,
  HubChallenge,
  LinkEnded,
  type AgentHello,
  type AnyEnvelope,
} from '@holdfast/shared-types'
import { io, type Socket } from 'socket.io-client'
import { certificateProblem, trustOf, type HubPlace } from './hub-trust.ts'

/** The hub answers within this or the attempt counts as failed: a socket that is open and silent is not a link. */
export const longestOpenMs = 20_000

interface LinkEvents {
  readonly [challengeEvent]: (challenge: unknown) => void
  readonly [messageEvent]: (envelope: unknown, acknowledge: unknown) => void
  readonly [linkEndedEvent]: (why: unknown) => void
}
interface LinkEmits {
  readonly [helloEvent]: (hello: AgentHello, acknowledge: (answer: unknown) => void) => void
  readonly [messageEvent]: (envelope: AnyEnvelope, acknowledge: (answer: unknown) => void) => void
}

/** The message could not be delivered or was not acknowledged: send it again, with the same id, over the next link. */
export class LinkLost extends Error {
  constructor(reason: string) {
    super(`The link to the hub was lost: ${reason}.`)
    this.name = 'LinkLost'
  }
}

/** The hub did acknowledge, but how is not known here: a newer hub may say what this agent has no word for. */
export class UnreadableAnswer extends AppError {
  constructor() {
    super('protocol.invalid-message', { message: 'The hub acknowledged in a form this agent does not know.' })
  }
}

export interface LinkEnd {
  /** In the socket's words. */
  readonly reason: string
  /** What the hub said of it, where the hub ended the link. */
  readonly told: LinkEnded | null
}

/** One life of one socket, from dialling to its end. It never reconnects: a new life is a new socket with an empty buffer. */
export interface LinkSocket {
  /** Says hello. @throws LinkLost, or AppError when what answers is not the hub we know. */
  open(makeHello: (challenge: HubChallenge) => AgentHello): Promise<HelloAnswer>
  /** @throws LinkLost, UnreadableAnswer */
  send(envelope: AnyEnvelope, timeoutMs: number): Promise<AckEnvelope>
  /** Resolves when this life is over; never rejects. */
  readonly ended: Promise<LinkEnd>
  close(): void
}

interface SocketOptions extends HubPlace {
  readonly onMessage: (envelope: unknown) => Promise<AckEnvelope>
  /** `longestOpenMs`, or less. */
  readonly openTimeoutMs: number
}

export function dialHub(options: SocketOptions): LinkSocket {
  const socket: Socket<LinkEvents, LinkEmits> = io(`${options.hubUrl}${agentNamespace}`, {
    transports: ['websocket'],
    reconnection: false,
    forceNew: true,
    autoConnect: false,
    timeout: options.openTimeoutMs,
    ...agentFor(options),
  })
  let told: LinkEnded | null = null
  socket.on(linkEndedEvent, (why) => {
    told = LinkEnded.safeParse(why).data ?? null
  })
  const { promise: ended, resolve: end } = Promise.withResolvers<LinkEnd>()
  socket.on('disconnect', (reason) => end({ reason, told }))
  socket.on('connect_error', (error) => end({ reason: reasonOf(error), told }))
  const answers = new AwaitedAnswers()
  let webSocket: EndableWebSocket | undefined
  socket.io.once('open', () => {
    webSocket = webSocketOf(socket)
  })
  // Nothing survives a life: what was not sent yet belongs to the outbox or to a request that repeats itself.
  void ended.then(({ reason }) => {
    socket.sendBuffer.length = 0
    answers.giveUp(reason)
    // A connection whose other side is gone for good would keep this process from ending for half a minute.
    setTimeout(() => webSocket?.terminate?.(), farewellMs).unref()
  })
  socket.on(messageEvent, (envelope, acknowledge) => {
    void options.onMessage(envelope).then((answer) => {
      if (typeof acknowledge === 'function') acknowledge(answer)
    })
  })
  return {
    ended,
    open: (makeHello) => withinTime(sayHello({ socket, ended, answers }, makeHello), ended, options.openTimeoutMs),
    async send(envelope, timeoutMs) {
      if (!socket.connected) throw new LinkLost('not connected')
      const answer = await answers.await((answered) => socket.emit(messageEvent, envelope, answered), timeoutMs)
      const parsed = AckEnvelope.safeParse(answer)
      if (!parsed.success) throw new UnreadableAnswer()
      return parsed.data
    },
    close: () => {
      socket.disconnect()
      // A socket that was never open says nothing when it is closed.
      end({ reason: 'closed', told })
    },
  }
}

/** The types know no agent but a name; the library hands it to Node's https as it is (engine.io-client 6.6: transports/websocket.js). */
function agentFor(place: HubPlace): { readonly agent?: string } {
  const secureContext = trustOf(place)
  return secureContext === null ? {} : { agent: new HttpsAgent({ secureContext }) as unknown as string }
}

/** For the words with which a link ends; an other side that is gone does not answer them. */
const farewellMs = 500

/** Not in the types of Socket.IO: the WebSocket of `ws` below it, which alone can be ended without a handshake. */
interface EndableWebSocket {
  terminate?(): void
}

/** It lets go of its WebSocket as soon as it begins to close it, so this is asked when it opens. */
const webSocketOf = (socket: Socket<LinkEvents, LinkEmits>): EndableWebSocket | undefined =>
  (socket.io.engine as unknown as { readonly transport?: { readonly ws?: EndableWebSocket } }).transport?.ws

interface DialledSocket {
  readonly socket: Socket<LinkEvents, LinkEmits>
  readonly ended: Promise<LinkEnd>
  readonly answers: AwaitedAnswers
}

async function sayHello(
  { socket, ended, answers }: DialledSocket,
  makeHello: (challenge: HubChallenge) => AgentHello,
): Promise<HelloAnswer> {
  const challenged = new Promise<unknown>((resolve) => {
    socket.once(challengeEvent, resolve)
  })
  socket.connect()
  const challenge = HubChallenge.safeParse(await Promise.race([challenged, lost(ended)]))
  if (!challenge.success)
    throw new AppError('protocol.unsupported', {
      message: 'What answers at the hub\u2019s address does not greet like a hub.',
      cure: 'Check the hub\u2019s address and version.',
    })
  const answer = HelloAnswer.safeParse(
    await answers.await((answered) => socket.emit(helloEvent, makeHello(challenge.data), answered), longestOpenMs),
  )
  if (!answer.success)
    throw new AppError('protocol.unsupported', { message: 'The hub answered the hello in a form this agent does not know.' })
  return answer.data
}

/**
 * Messages that wait for their acknowledgement. The deadlines are ours: Socket.IO fails what waits when its socket ends, but not what it
 * has only buffered, as it does where it finds out just then that the link is dead (after a sleep, or when somebody set the clock). That
 * would wait for its whole deadline, whose timer would keep the process from ending too. Racing `ended` instead would keep every message
 * alive.
 */
class AwaitedAnswers {
  readonly #waiting = new Set<(lost: LinkLost) => void>()

  /** @throws LinkLost */
  async await(emit: (answered: (answer: unknown) => void) => void, timeoutMs: number): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const timer = setTimeout(() => reject(new LinkLost('no acknowledgement in time')), timeoutMs)
    this.#waiting.add(reject)
    try {
      emit(resolve)
      return await promise
    } finally {
      clearTimeout(timer)
      this.#waiting.delete(reject)
    }
  }

  giveUp(reason: string): void {
    for (const reject of this.#waiting) reject(new LinkLost(reason))
  }
}

const lost = (ended: Promise<LinkEnd>): Promise<never> =>
  ended.then(({ reason }) => {
    throw certificateProblem(reason) ?? new LinkLost(reason)
  })

async function withinTime<T>(work: Promise<T>, ended: Promise<LinkEnd>, openTimeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new LinkLost('no greeting in time')), openTimeoutMs)
    void ended.then(() => clearTimeout(timer))
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

function reasonOf(error: Error): string {
  // engine.io-client wraps the system's error: the innermost message says why.
  const description: unknown = Reflect.get(error, 'description')
  if (typeof description === 'object' && description !== null) {
    const inner: unknown = Reflect.get(description, 'error')
    if (inner instanceof Error) return 'code' in inner && typeof inner.code === 'string' ? inner.code : inner.message
    const message: unknown = Reflect.get(description, 'message')
    if (typeof message === 'string' && message !== '') return message
  }
  return error.message
}
