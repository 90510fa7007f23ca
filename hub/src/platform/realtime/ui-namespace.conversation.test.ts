import { createServer } from 'node:http'
import type { AddressInfo, Socket as TcpSocket } from 'node:net'
import type { LiveEvent } from '@holdfast/shared-types'
import { io, type Socket } from 'socket.io-client'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createDomainEventBus } from '../events/domain-events.ts'
import { createRequestLimits } from '../limits/request-limits.ts'
import { silentLogger } from '../logging/logger.ts'
import type { LiveSink } from './live-feeds.ts'
import { createSocketServer } from './socket-server.ts'
import { attachUiNamespace } from './ui-namespace.ts'

let close: () => Promise<void>
let browser: Socket
/** Every subscription that is open now, and where its events go. */
const open = new Set<LiveSink>()

beforeEach(async () => {
  open.clear()
  const server = createServer()
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const sockets = createSocketServer(server, { publicOrigin: () => origin, leaseMs: 600_000 })
  attachUiNamespace({
    io: sockets,
    actors: {
      resolve: async () => ({ kind: 'user', userId: 'u' as never, signInId: 's', role: 'admin', name: 'Ann' }),
      cookieName: 'holdfast',
    },
    feeds: {
      async subscribe(_topic, _lastSeq, sink) {
        // As slow as a database: what a browser asks for twice at once overlaps here.
        await new Promise((resolve) => setTimeout(resolve, 20))
        open.add(sink)
        return { seq: 0, close: () => void open.delete(sink) }
      },
      hasListeners: () => open.size > 0,
      publishSample: () => undefined,
      lookAgain: () => undefined,
    },
    access: { requireTopic: async () => undefined, endedAmong: async () => new Set() },
    audit: { around: (_, work) => work(), refused: async () => undefined },
    limits: createRequestLimits(0),
    trustProxy: false,
    domainEvents: createDomainEventBus(() => undefined),
    log: silentLogger,
  })
  browser = io(`${origin}/ui`, { transports: ['websocket'], reconnection: false })
  await new Promise<void>((resolve) => browser.once('connect', resolve))
  close = async () => {
    browser.disconnect()
    await sockets.close()
  }
})
afterEach(() => close())

const subscribe = () => browser.timeout(20_000).emitWithAck('subscribe', { topic: 'runs' }) as Promise<unknown>

test('a browser that takes nothing is cut once a few MiB wait for it, however few events those are', async () => {
  await subscribe()
  const [sink] = open
  const wire = (browser.io.engine.transport as unknown as { readonly ws: { readonly _socket: TcpSocket } }).ws._socket
  wire.pause()
  const event = { topic: 'runs', seq: 1, type: 'run.log', atMs: 1, body: { message: 'x'.repeat(1024 * 1024) } } as unknown as LiveEvent
  // The first ones fill the buffers of both sockets; a count alone would let 2,000 of them wait here.
  for (let sent = 0; sent < 100 && open.size > 0; sent++) {
    sink?.send(event)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  expect(open.size).toBe(0)
  wire.resume()
})

test('a browser that asks twice at once for one topic has one subscription, and none once it is gone', async () => {
  await Promise.all([subscribe(), subscribe(), subscribe()])
  expect(open.size).toBe(1)
  const cut = Promise.allSettled([subscribe(), subscribe()])
  browser.disconnect()
  await cut
  await expect.poll(() => open.size).toBe(0)
  // Nor does one that was still being made when the browser left come after that.
  await new Promise((resolve) => setTimeout(resolve, 150))
  expect(open.size).toBe(0)
})
