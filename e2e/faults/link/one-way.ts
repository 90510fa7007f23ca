import type { SeededRandom } from '../../stack/seeded-random.ts'
import type { Weather } from './weather.ts'
import { UnitReader, type Unit } from './message-units.ts'

interface OneWayOptions {
  readonly weather: Readonly<Weather>
  readonly random: SeededRandom
  readonly write: (bytes: Buffer) => void
}

/** A message that waits to be overtaken goes on by itself after this. */
const longestHoldMs = 300
const longestEchoMs = 400
const headEnd = '\r\n\r\n'

/** One direction of one connection: what came in leaves in order, whole messages of a WebSocket excepted where the weather says so. */
export class OneWay {
  readonly #options: OneWayOptions
  #lastAtMs = 0
  /** Bytes before the end of the HTTP head; null once it is known what this connection is. */
  #head: Buffer | null = Buffer.alloc(0)
  #units: UnitReader | null = null
  #held: { readonly bytes: Buffer; readonly timer: NodeJS.Timeout } | null = null

  constructor(options: OneWayOptions) {
    this.#options = options
  }

  take(bytes: Buffer): void {
    if (this.#units !== null) return this.#move(this.#units.read(bytes))
    if (this.#head === null) return this.#send(bytes)
    this.#head = Buffer.concat([this.#head, bytes])
    const end = this.#head.indexOf(headEnd)
    if (end < 0) return this.#send(bytes)
    const head = this.#head.subarray(0, end).toString('latin1')
    const rest = this.#head.subarray(end + headEnd.length)
    this.#head = null
    // The request asks for it, the answer agrees: from the end of either head on, this direction speaks in frames.
    if (!/^upgrade: *websocket/im.test(head)) return this.#send(bytes)
    this.#send(bytes.subarray(0, bytes.length - rest.length))
    this.#units = new UnitReader()
    this.#move(this.#units.read(rest))
  }

  /** Calls back when everything that came before has left. */
  end(done: () => void): void {
    this.#release()
    this.#later(done)
  }

  #move(units: readonly Unit[]): void {
    const { weather, random } = this.#options
    for (const { bytes, isMessage } of units) {
      if (isMessage && weather.isShuffling && this.#held === null && random.next() < 0.5) {
        this.#held = { bytes, timer: setTimeout(() => this.#release(), random.below(longestHoldMs)) }
        continue
      }
      this.#send(bytes)
      if (isMessage && weather.isDoubling && random.next() < 0.5) setTimeout(() => this.#send(bytes), random.below(longestEchoMs))
      if (isMessage) this.#release()
    }
  }

  #release(): void {
    if (this.#held === null) return
    const { bytes, timer } = this.#held
    clearTimeout(timer)
    this.#held = null
    this.#send(bytes)
  }

  #send(bytes: Buffer): void {
    this.#later(() => this.#options.write(bytes))
  }

  #later(act: () => void): void {
    const nowMs = performance.now()
    const dueMs = Math.max(this.#lastAtMs, nowMs + this.#options.weather.delayMs)
    // Nothing overtakes what still waits, and without a wait nothing is put off.
    if (dueMs <= nowMs) return act()
    this.#lastAtMs = dueMs + 0.01
    setTimeout(act, dueMs - nowMs)
  }
}
