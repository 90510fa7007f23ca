import { once } from 'node:events'
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net'
import type { SeededRandom } from '../../stack/seeded-random.ts'
import { OneWay } from './one-way.ts'
import { goodWeather, type Weather } from './weather.ts'

interface Pair {
  readonly near: Socket
  readonly far: Socket
  /** Swallows for ever: see `Weather.isSilent`. */
  isLost: boolean
}

/** A TCP proxy between agent and hub that a test makes weather with. */
export class LinkProxy {
  readonly weather: Weather = { ...goodWeather }
  readonly #server: Server
  readonly #pairs = new Set<Pair>()
  readonly #targetPort: number
  readonly #random: SeededRandom

  private constructor(server: Server, targetPort: number, random: SeededRandom) {
    this.#server = server
    this.#targetPort = targetPort
    this.#random = random
    server.on('connection', (near) => this.#join(near))
  }

  static async start(targetPort: number, random: SeededRandom): Promise<LinkProxy> {
    const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new LinkProxy(server, targetPort, random)
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Ends every connection: at once (RST) or in order (FIN). New ones are refused until the weather is mended. */
  cut(how: 'reset' | 'finish'): void {
    this.weather.isCut = true
    for (const pair of this.#pairs) {
      for (const socket of [pair.near, pair.far]) {
        if (how === 'reset') socket.resetAndDestroy()
        else socket.destroy()
      }
    }
  }

  /** From here on those who are connected talk to nobody, and are not told. */
  silence(): void {
    this.weather.isSilent = true
    for (const pair of this.#pairs) pair.isLost = true
  }

  /** Good weather. Connections that were lost stay lost. */
  mend(): void {
    Object.assign(this.weather, goodWeather)
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const { near, far } of this.#pairs) {
      near.destroy()
      far.destroy()
    }
    await closed
  }

  #join(near: Socket): void {
    if (this.weather.isCut) return void near.resetAndDestroy()
    const far = connect({ port: this.#targetPort, host: '127.0.0.1', allowHalfOpen: true })
    const pair: Pair = { near, far, isLost: this.weather.isSilent }
    this.#pairs.add(pair)
    for (const socket of [near, far]) socket.setNoDelay(true)
    this.#carry(pair, near, far)
    this.#carry(pair, far, near)
    const forget = () => {
      if (near.destroyed && far.destroyed) this.#pairs.delete(pair)
    }
    near.once('close', forget)
    far.once('close', forget)
  }

  #carry(pair: Pair, from: Socket, to: Socket): void {
    const way = new OneWay({
      weather: this.weather,
      random: this.#random,
      write: (bytes) => void (pair.isLost || to.destroyed || to.write(bytes)),
    })
    from.on('data', (bytes) => {
      if (!pair.isLost) way.take(bytes)
    })
    from.once('end', () => way.end(() => void (pair.isLost || to.end())))
    // An end that is not told either: the other side has to find out by itself.
    from.on('error', () => void (pair.isLost || to.resetAndDestroy()))
    from.once('close', () => way.end(() => void (pair.isLost || to.destroy())))
  }
}
