import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { HubId, type LinkEnded } from '@holdfast/shared-types'
import { io } from 'socket.io-client'
import { expect, test } from 'vitest'
import { silentLogger } from '../logging/logger.ts'
import { createAgentLinks } from './agent-links.ts'
import { attachAgentNamespace } from './agent-namespace.ts'
import { createSocketServer } from './socket-server.ts'

test('a connection without a hello is cut in time, with the reason', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const sockets = createSocketServer(server, { publicOrigin: () => origin, leaseMs: 600_000 })
  attachAgentNamespace({
    io: sockets,
    hubId: HubId.parse('11111111-1111-4111-8111-111111111111'),
    hubVersion: '1',
    features: [],
    identities: { findSignIn: async () => null, findApiToken: async () => null, findAgentIdentity: async () => null },
    links: createAgentLinks(),
    gate: async () => ({ ok: true, body: {} }),
    database: undefined as never,
    log: silentLogger,
    now: Date.now,
    helloDeadlineMs: 100,
  })
  const silent = io(`${origin}/agent`, { transports: ['websocket'], reconnection: false })
  const told = new Promise<LinkEnded>((resolve) => silent.once('link-ended', resolve))
  const ended = new Promise((resolve) => silent.once('disconnect', resolve))
  expect(await told).toMatchObject({ code: 'agent.identity-invalid' })
  await ended
  await sockets.close()
})
