import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { seededRandom } from '../../stack/seeded-random.ts'
import { LinkProxy } from './link-proxy.ts'
import { UnitReader } from './message-units.ts'

const head = 'GET /socket.io/ HTTP/1.1\r\nUpgrade: websocket\r\n\r\n'

let server: Server
let proxy: LinkProxy
let near: Socket
let far: Socket
let arrived = Buffer.alloc(0)

beforeEach(async () => {
  arrived = Buffer.alloc(0)
  server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  proxy = await LinkProxy.start((server.address() as AddressInfo).port, seededRandom(1))
  near = dial()
  const joined = once(server, 'connection') as Promise<[Socket]>
  near.write(head)
  ;[far] = await joined
  far.on('error', () => undefined)
  far.on('data', (bytes: Buffer) => (arrived = Buffer.concat([arrived, bytes])))
})
afterEach(async () => {
  near.destroy()
  far.destroy()
  await proxy.stop()
  server.close()
})

const dial = (): Socket => connect(Number(new URL(proxy.origin).port), '127.0.0.1').on('error', () => undefined)
/** Also where it ends in an error. */
const closed = (socket: Socket): Promise<void> => new Promise((resolve) => socket.once('close', () => resolve()))

/** A text frame as a browser would send it, masked. */
function frame(text: string): Buffer {
  const payload = Buffer.from(text)
  const mask = Buffer.from([1, 2, 3, 4])
  const masked = payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0))
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length]), mask, masked])
}

/** The texts that came over, in order. */
function texts(): string[] {
  return new UnitReader().read(arrived.subarray(head.length)).map(({ bytes }) => {
    const mask = bytes.subarray(2, 6)
    return Buffer.from(bytes.subarray(6).map((byte, at) => byte ^ (mask[at % 4] ?? 0))).toString()
  })
}

const messages = Array.from({ length: 40 }, (_, index) => `42["message",${index}]`)
const say = async (what: readonly string[]): Promise<void> => {
  // In pieces that end within frames, as a network would.
  const bytes = Buffer.concat(what.map(frame))
  for (let at = 0; at < bytes.length; at += 100) {
    near.write(bytes.subarray(at, at + 100))
    await sleep(2)
  }
}
/** Until so many have come, and whatever comes after them has had its time. */
const hear = async (count: number): Promise<void> => {
  await expect.poll(() => texts().length).toBeGreaterThanOrEqual(count)
  await sleep(600)
}

describe('the weather', () => {
  test('is good at first: everything comes, once and in order', async () => {
    await say(messages)
    await hear(messages.length)
    expect(texts()).toEqual(messages)
  })

  test('doubles messages whole, and nothing else', async () => {
    proxy.weather.isDoubling = true
    await say(['40/agent,', ...messages, '2'])
    await hear(messages.length + 11)
    const came = texts()
    expect(came.length).toBeGreaterThan(messages.length + 10)
    expect([...new Set(came)].toSorted()).toEqual(['40/agent,', ...messages, '2'].toSorted())
    expect(came.filter((text) => text === '40/agent,' || text === '2')).toHaveLength(2)
  })

  test('lets messages be overtaken, and loses none', async () => {
    proxy.weather.isShuffling = true
    await say(messages)
    await hear(messages.length)
    expect(texts()).not.toEqual(messages)
    expect(texts().toSorted()).toEqual(messages.toSorted())
  })

  test('falls silent without a word, for good', async () => {
    proxy.silence()
    await say(messages)
    proxy.mend()
    await say(messages)
    await sleep(600)
    expect(texts()).toEqual([])
    expect([near.destroyed, far.destroyed]).toEqual([false, false])
  })

  test('cuts both sides, and lets nobody in until it is mended', async () => {
    const ended = Promise.all([closed(near), closed(far)])
    proxy.cut('reset')
    await ended
    await closed(dial())
    proxy.mend()
    const joined = once(server, 'connection') as Promise<[Socket]>
    const guest = dial()
    const [again] = await joined
    guest.destroy()
    again.destroy()
  })
})
