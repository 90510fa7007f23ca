import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { RunId } from '@holdfast/shared-types'
import { afterEach, expect, test } from 'vitest'
import { openToAll } from '../../test/an-agent.ts'
import { createHubClient, type HubClient } from './hub-client.ts'

const runId = RunId.parse('11111111-1111-4111-8111-111111111111')

let server: Server
let client: HubClient
let requests = 0

async function serve(answer: RequestListener, longestDoubtMs = 100): Promise<void> {
  requests = 0
  server = createServer((request, response) => {
    requests += 1
    answer(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  client = createHubClient({
    hubUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    issuer: null,
    discretion: openToAll,
    longestDoubtMs,
  })
}
afterEach(async () => {
  await client.close()
  server.closeAllConnections()
  server.close()
})

test('a call over a connection that died unnoticed is made again once the link is back', async () => {
  await serve((_, response) => {
    if (requests > 1) response.setHeader('content-type', 'application/json').end('{"items":[]}')
  })
  const asked = client.call('listDevices', {}, { timeoutMs: 600_000 })
  await expect.poll(() => requests).toBe(1)
  client.doubt()
  expect(await asked).toEqual({ items: [] })
  expect(requests).toBe(2)
})

test('an answer that comes slowly is waited for', async () => {
  // Long enough that a machine which stands still for a moment is no hub that is silent.
  const doubtMs = 2_000
  await serve(async (_, response) => {
    for (let part = 0; part < 8; part += 1) {
      response.write(Buffer.alloc(10))
      await sleep(doubtMs / 6)
    }
    response.end()
  }, doubtMs)
  const asked = client.call('readSegments', { params: { runId }, body: new Uint8Array(24) }, { timeoutMs: 600_000 })
  await expect.poll(() => requests).toBe(1)
  client.doubt()
  expect(await asked).toHaveLength(80)
  expect(requests).toBe(1)
})

test('a connection of before the doubt is not used for anything new', async () => {
  const ports: (number | undefined)[] = []
  await serve((request, response) => {
    ports.push(request.socket.remotePort)
    response.setHeader('content-type', 'application/json').end('{"items":[]}')
  })
  await client.call('listDevices', {})
  await sleep(50)
  await client.call('listDevices', {})
  const before = new Set(ports)
  client.doubt()
  await sleep(50)
  await client.call('listDevices', {})
  expect(before.has(ports.at(-1))).toBe(false)
})
