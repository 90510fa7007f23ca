import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { PauseGate } from '@holdfast/engine/run-control'
import { PackId, SessionId } from '@holdfast/shared-types'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openToAll } from '../../test/an-agent.ts'
import { createHubClient, type CallOptions, type HubClient } from './hub-client.ts'

const sessionId = SessionId.parse('5d0c8b1e-7a44-4f39-9c55-6a1b2c3d4e5f')
const MiB = 1024 * 1024

/** A real server, which takes every body to its end. */
let server: Server
let client: HubClient
let underWay = 0
let mostUnderWay = 0
let received: Buffer[] = []
/** What becomes of a body when it is there. */
let answer: (request: IncomingMessage, response: ServerResponse) => void
/** What went, at the moment it was handed to the socket: the body's next piece is asked for right then. */
let sent: { readonly atMs: number; readonly bytes: number }[] = []

beforeEach(async () => {
  underWay = mostUnderWay = 0
  received = []
  sent = []
  answer = (_, response) => void response.writeHead(201, { 'content-type': 'application/json' }).end('{}')
  server = createServer(async (request, response) => {
    underWay += 1
    mostUnderWay = Math.max(mostUnderWay, underWay)
    const parts: Buffer[] = []
    try {
      for await (const part of request as AsyncIterable<Buffer>) parts.push(part)
      received.push(Buffer.concat(parts))
      answer(request, response)
    } catch {
      // Broken off by the client.
    } finally {
      underWay -= 1
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  client = createHubClient({ hubUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, issuer: null, discretion: openToAll })
})
afterEach(async () => {
  await client.close()
  server.closeAllConnections()
  server.close()
})

function upload(sizeBytes: number, options: CallOptions = {}): Promise<unknown> {
  const packId = PackId.parse('ab'.repeat(16))
  const body = new Uint8Array(sizeBytes).fill(7)
  return client.call(
    'putPack',
    { params: { sessionId, packId }, query: { fence: 1 }, body },
    { onSent: (bytes) => void (bytes > 0 && sent.push({ atMs: performance.now(), bytes })), ...options },
  )
}

/** The most that went within a second, by the moments of sending. */
function fullestSecond(pieces: typeof sent): number {
  let most = 0
  for (let end = 0, begin = 0, bytes = 0; end < pieces.length; end += 1) {
    bytes += pieces[end]!.bytes
    while (pieces[end]!.atMs - pieces[begin]!.atMs >= 1000) bytes -= pieces[begin++]!.bytes
    most = Math.max(most, bytes)
  }
  return most
}

test('three packs at once keep the limit together in every second, and arrive whole', async () => {
  const limit = 2 * MiB
  client.limitUploads(limit)
  const beganAtMs = performance.now()
  await Promise.all([upload(2 * MiB), upload(2 * MiB), upload(2 * MiB)])
  expect(performance.now() - beganAtMs).toBeGreaterThan(2_800)
  expect(fullestSecond(sent)).toBeLessThanOrEqual(limit * 1.1)
  expect(received.map(({ length }) => length)).toEqual([2 * MiB, 2 * MiB, 2 * MiB])
  expect(Buffer.concat(received).every((byte) => byte === 7)).toBe(true)
})

test('a smaller limit counts at once for what is being sent, and its end lets it go', async () => {
  client.limitUploads(8 * MiB)
  const uploading = upload(16 * MiB)
  await expect.poll(() => sent.length).toBeGreaterThan(3)
  client.limitUploads(512 * 1024)
  const changedAtMs = performance.now()
  await sleep(1_500)
  const since = sent.filter(({ atMs }) => atMs > changedAtMs)
  expect(since.length).toBeGreaterThan(0)
  expect(fullestSecond(since)).toBeLessThanOrEqual(512 * 1024 * 1.1)
  client.limitUploads(null)
  const freedAtMs = performance.now()
  await uploading
  // At the limit what was left takes half a minute.
  expect(performance.now() - freedAtMs).toBeLessThan(10_000)
  expect(received[0]?.length).toBe(16 * MiB)
})

test('a limit that comes while a body is sent as fast as it goes holds its rest', async () => {
  const uploading = upload(64 * MiB, {
    onSent(bytes) {
      if (sent.length === 0) client.limitUploads(16_384)
      sent.push({ atMs: performance.now(), bytes })
    },
  })
  await expect.poll(() => sent.length).toBeGreaterThan(20)
  expect(fullestSecond(sent.slice(1))).toBeLessThanOrEqual(16_384 * 1.1)
  expect(received).toEqual([])
  client.limitUploads(null)
  await uploading
})

test('who is cancelled while it waits for the limit ends at once, and holds up nobody', async () => {
  client.limitUploads(16_384)
  const stop = new AbortController()
  const reason = new Error('cancelled')
  const cancelled = [upload(MiB, { signal: stop.signal }), upload(MiB, { signal: stop.signal }), upload(MiB, { signal: stop.signal })]
  const ends = Promise.allSettled(cancelled)
  await expect.poll(() => sent.length).toBeGreaterThan(1)
  const other = upload(8_192)
  const stoppedAtMs = performance.now()
  stop.abort(reason)
  expect((await ends).map((end) => end.status === 'rejected' && end.reason)).toEqual([reason, reason, reason])
  expect(performance.now() - stoppedAtMs).toBeLessThan(1_000)
  await other
  expect(received.map(({ length }) => length)).toEqual([8_192])
})

test('under a limit two packs go at once, without one as many as there are connections', async () => {
  client.limitUploads(MiB)
  await Promise.all(Array.from({ length: 5 }, () => upload(64 * 1024)))
  expect(mostUnderWay).toBe(2)
  client.limitUploads(null)
  const held: ServerResponse[] = []
  answer = (_, response) => void held.push(response)
  const all = Array.from({ length: 4 }, () => upload(64 * 1024))
  await expect.poll(() => held.length).toBe(4)
  for (const response of held) response.writeHead(201, { 'content-type': 'application/json' }).end('{}')
  await Promise.all(all)
})

test('of a run that rests no pack begins, and it keeps no room from others', async () => {
  client.limitUploads(MiB)
  const gate = new PauseGate()
  gate.close()
  const resting = [upload(1_000, { gate }), upload(1_000, { gate }), upload(1_000, { gate })]
  await upload(2_000)
  await sleep(100)
  expect(received.map(({ length }) => length)).toEqual([2_000])
  gate.open()
  await Promise.all(resting)
  expect(received).toHaveLength(4)
})

test('patience counts no time in which the limit held a pack back', async () => {
  client.limitUploads(64 * 1024)
  let tries = 0
  answer = (request, response) => {
    tries += 1
    if (tries === 1) request.socket.destroy()
    else response.writeHead(201, { 'content-type': 'application/json' }).end('{}')
  }
  // One try takes a second and a half.
  await upload(96 * 1024, { patienceMs: 1_000 })
  expect(tries).toBe(2)
})
