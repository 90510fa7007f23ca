import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { buffer } from 'node:stream/consumers'
import { afterEach, expect, test } from 'vitest'
import { sendOwnParts } from './send-own-parts.ts'

const partBytes = 1024 * 1024
const part = (fill: number): Uint8Array => new Uint8Array(partBytes).fill(fill)

let server: Server
afterEach(() => server.close())

/** A server that answers with this stream, and how sending it ended. */
async function serve(stream: Readable): Promise<{ answer: () => Promise<IncomingMessage>; sent: Promise<unknown> }> {
  const sent = Promise.withResolvers<unknown>()
  server = createServer((_, res) => void sendOwnParts(res, stream).then(sent.resolve, (error: unknown) => sent.resolve(error)))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const call = request({ port: (server.address() as AddressInfo).port, agent: false })
  const answer = async (): Promise<IncomingMessage> => ((await once(call.end(), 'response')) as [IncomingMessage])[0]
  return { answer, sent: sent.promise }
}

test('sends every byte, and empties the parts', async () => {
  const parts = Array.from({ length: 12 }, (_, index) => part(index))
  const whole = Buffer.concat(parts)
  const { answer, sent } = await serve(Readable.from(parts, { objectMode: false }))
  expect((await buffer(await answer())).equals(whole)).toBe(true)
  expect(await sent).toBeUndefined()
  expect(parts.map(({ length }) => length)).toEqual(parts.map(() => 0))
})

test('makes no more parts than a slow caller takes', async () => {
  let made = 0
  function* endless(): Generator<Uint8Array> {
    for (;;) yield part(made++)
  }
  const { answer, sent } = await serve(Readable.from(endless(), { objectMode: false, highWaterMark: partBytes }))
  const slow = await answer()
  slow.pause()
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(made).toBeGreaterThan(0)
  // What the system takes for a socket, besides two parts.
  expect(made).toBeLessThan(16)
  slow.destroy()
  expect(await sent).toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' })
})

test('breaks the connection off where the stream fails, so that nobody takes a part for the whole', async () => {
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield part(1)
    throw new Error('The store is gone.')
  }
  const { answer, sent } = await serve(Readable.from(failing(), { objectMode: false }))
  const received = answer().then(buffer)
  await expect(received).rejects.toThrow()
  expect(await sent).toMatchObject({ message: 'The store is gone.' })
})

test('a caller that left before the first part was there: sending ends, the stream is closed, and nothing is thrown past it', async () => {
  const uncaught: unknown[] = []
  const note = (error: unknown): void => void uncaught.push(error)
  process.on('uncaughtException', note)
  const stream = Readable.from(
    Array.from({ length: 8 }, () => new Uint8Array(1024 * 1024)),
    { objectMode: false, highWaterMark: 1024 * 1024 },
  )
  const sent = Promise.withResolvers<unknown>()
  const asked = Promise.withResolvers<void>()
  server = createServer((_, res) => {
    asked.resolve()
    res.once('close', () => {
      // The store took a while; the caller is gone meanwhile.
      setTimeout(() => void sendOwnParts(res, stream).then(sent.resolve, sent.resolve), 50)
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const call = request({ port: (server.address() as AddressInfo).port, agent: false })
  call.on('error', () => undefined)
  call.end()
  await asked.promise
  call.destroy()
  const ended = await Promise.race([sent.promise, sleep(20_000, 'never ended', { ref: false })])
  process.off('uncaughtException', note)
  expect({ ended: ended === 'never ended', isDestroyed: stream.destroyed, uncaught }).toEqual({
    ended: false,
    isDestroyed: true,
    uncaught: [],
  })
})
