import { setTimeout as sleep } from 'node:timers/promises'
import {
  AckEnvelope,
  isEndState,
  liveEventName,
  LiveEvent,
  subscribeEvent,
  SubscribeAck,
  uiNamespace,
  type LogLine,
  type RunState,
} from '@holdfast/shared-types'
import { io, type Socket } from 'socket.io-client'
import type { HubDoor } from '../../stack/hub-door.ts'

/** What somebody knows of a run. */
export interface Sight {
  readonly lines: readonly LogLine[]
  readonly state: RunState | null
}

export interface BrowserClientOptions {
  /** Where it listens; what it loads first goes through `door`. */
  readonly origin: string
  readonly door: HubDoor
  readonly runId: string
  /** Called with each line, before the next event is looked at. */
  readonly onLine?: (linesSoFar: number) => void
}

const reconnectMs = 50

/**
 * Watches a run as the console does: loads the log, listens from the sequence that came with it, and after each loss of its connection
 * goes on from the last sequence that it saw.
 *
 * @throws Error (from `untilEnd`) at the first sequence that is not the next one
 */
export class BrowserClient {
  readonly #options: BrowserClientOptions
  readonly #lines: LogLine[] = []
  readonly #over = Promise.withResolvers<void>()
  #lastSeq = 0
  #state: RunState | null = null
  #connections = 0
  #isOver = false

  private constructor(options: BrowserClientOptions) {
    this.#options = options
    this.#over.promise.catch(() => undefined) // Told to whoever waits for the end.
  }

  static async open(options: BrowserClientOptions): Promise<BrowserClient> {
    const client = new BrowserClient(options)
    const { items, lastSeq } = await options.door.get<{ items: LogLine[]; lastSeq: number }>(`/runs/${options.runId}/log?limit=1000`)
    client.#lines.push(...items)
    client.#lastSeq = lastSeq
    void client.#listenOn()
    return client
  }

  get sight(): Sight {
    return { lines: this.#lines, state: this.#state }
  }

  /** How often it had to connect. */
  get connections(): number {
    return this.#connections
  }

  /** Resolves when it has seen the run end and every line that was told before. */
  async untilEnd(): Promise<void> {
    await this.#over.promise
  }

  close(): void {
    this.#isOver = true
  }

  async #listenOn(): Promise<void> {
    while (!this.#isOver) {
      await this.#listenOnce()
      await sleep(reconnectMs)
    }
  }

  /** One life of a socket, from dialling to its end. */
  async #listenOnce(): Promise<void> {
    const { origin, door, runId } = this.#options
    const socket: Socket = io(`${origin}${uiNamespace}`, {
      transports: ['websocket'],
      reconnection: false,
      forceNew: true,
      extraHeaders: { cookie: door.cookie },
    })
    const ended = Promise.withResolvers<void>()
    socket.once('disconnect', () => ended.resolve())
    socket.once('connect_error', () => ended.resolve())
    socket.on(liveEventName, (raw: unknown) => this.#take(raw))
    socket.once('connect', () => {
      this.#connections += 1
      socket
        .timeout(5_000)
        .emitWithAck(subscribeEvent, { topic: `run:${runId}`, lastSeq: this.#lastSeq })
        .then(
          (answer: unknown) => this.#checkAck(answer),
          () => ended.resolve(),
        )
    })
    const watch = setInterval(() => {
      if (this.#isOver) ended.resolve()
    }, reconnectMs)
    await ended.promise
    clearInterval(watch)
    socket.disconnect()
  }

  #checkAck(answer: unknown): void {
    const ack = AckEnvelope.parse(answer)
    if (!ack.ok) this.#fail(`The subscription was refused: ${ack.error.code}`)
    else SubscribeAck.parse(ack.body)
  }

  #take(raw: unknown): void {
    const event = LiveEvent.parse(raw)
    if (event.seq === null || this.#isOver) return
    if (event.seq !== this.#lastSeq + 1) return this.#fail(`Event ${event.seq} came after ${this.#lastSeq}`)
    this.#lastSeq = event.seq
    if (event.type === 'run.log') {
      this.#lines.push(event.body)
      this.#options.onLine?.(this.#lines.length)
    }
    if (event.type !== 'run.changed') return
    this.#state = event.body.state
    if (isEndState(event.body.state)) this.#over.resolve()
  }

  #fail(problem: string): void {
    this.#isOver = true
    this.#over.reject(new Error(problem))
  }
}
