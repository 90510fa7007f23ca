import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { AppError, HubId } from '@holdfast/shared-types'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { silentLogger } from '../platform/logging/logger.ts'
import type { AdminHandlers } from './admin-operations.ts'
import { adminClient } from './call-admin-socket.ts'
import { serveAdminSocket, type AdminSocket } from './serve-admin-socket.ts'

let folder: string
let socketPath: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'holdfast-admin-'))
  socketPath = path.join(folder, 'admin.sock')
})
afterEach(() => rmSync(folder, { recursive: true }))

const hubId = HubId.parse('0199d9f0-7d1c-7e0a-8c62-6a3c1f0d2b11')
const handlers: AdminHandlers = {
  status: () =>
    Promise.resolve({
      pid: 1,
      hubId,
      url: 'http://127.0.0.1:8420',
      startedAtMs: 5,
      version: '1.2.3',
      database: 'embedded',
      firstRun: true,
      vaultsWithoutRecoveryKey: [],
    }),
  stop: () => Promise.resolve({ pid: 1 }),
  'enrol-token': ({ name }) => Promise.resolve({ token: `for ${name}`, expiresAtMs: 5, hubUrl: 'http://x', command: 'holdfast enrol' }),
  'sign-in-link': () => Promise.reject(new AppError('database.unavailable', { message: 'Postgres is gone.', cure: 'Start it.' })),
  token: () => Promise.reject(new AppError('account.not-found')),
  'device-revoke': () => Promise.reject(new AppError('agent.not-found')),
  gc: () => Promise.reject(new AppError('vault.collection-unsafe')),
  'vault-key-make': () => Promise.reject(new AppError('vault.not-found')),
  'vault-key-add': () => Promise.reject(new AppError('vault.not-found')),
  retention: () => Promise.resolve({ deleted: 1, rewritten: 0, waiting: 2, failedPlans: 0 }),
  'purge-preview': () => Promise.reject(new AppError('vault.rewriting-impossible')),
  purge: () => Promise.reject(new AppError('snapshot.held')),
  'purge-list': () => Promise.resolve({ items: [] }),
  'vault-take-on': () => Promise.reject(new AppError('vault.keys-invalid')),
  'vault-key-objects': () => Promise.reject(new AppError('vault.not-found')),
  'vault-slot-add': () => Promise.reject(new AppError('vault.not-found')),
  'vault-slot-remove': () => Promise.reject(new AppError('vault.slot-needed')),
  'vault-approve': () => Promise.reject(new AppError('agent.not-found')),
  'self-backup': () => Promise.reject(new AppError('store.unavailable')),
  'self-backup-list': () => Promise.resolve({ items: [] }),
  fsck: ({ deep }) => Promise.resolve({ ok: !deep, problems: [], counts: { packs: 3 } }),
}

async function serve(changes: Partial<AdminHandlers> = {}): Promise<AdminSocket> {
  const socket = await serveAdminSocket({ socketPath, handlers: { ...handlers, ...changes }, log: silentLogger })
  onTestFinished(() => socket.close(0))
  return socket
}

function post(name: string, body: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, path: name, method: 'POST' }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    outgoing.on('error', reject).end(body)
  })
}

test('answers whoever may open it, and only its owner may', async () => {
  writeFileSync(socketPath, '') // left by a hub that was killed
  await serve()
  expect(statSync(socketPath).mode & 0o777).toBe(0o600)
  expect(await adminClient(socketPath).status({})).toMatchObject({ hubId, url: 'http://127.0.0.1:8420' })
  expect(await adminClient(socketPath)['enrol-token']({ name: 'Größe', vault: null })).toMatchObject({ token: 'for Größe' })
})

test('carries what went wrong with its code and cure', async () => {
  await serve()
  await expect(adminClient(socketPath)['sign-in-link']({})).rejects.toThrow(
    expect.objectContaining({ code: 'database.unavailable', message: 'Postgres is gone.', cure: 'Start it.' }),
  )
})

test('tells nothing of a fault within the hub', async () => {
  await serve({ stop: () => Promise.reject(new Error('password=hunter2')) })
  const { status, text } = await post('/stop', '{}')
  expect([status, text.includes('hunter2')]).toEqual([500, false])
})

test.each([
  ['an unknown operation', '/explode', '{}'],
  ['an input that is not JSON', '/stop', 'stop!'],
  ['a setting that the operation does not know', '/stop', '{"now":true}'],
  ['more than a call ever needs', '/stop', `{"name":"${'x'.repeat(70_000)}"}`],
])('refuses %s', async (_what, name, body) => {
  await serve()
  const { status, text } = await post(name, body)
  expect(status).toBe(400)
  expect(JSON.parse(text)).toHaveProperty('error.cure')
})

test('lets a call under way finish when it closes, and takes no more', async () => {
  const begun = Promise.withResolvers<void>()
  const socket = await serve({
    fsck: async () => {
      begun.resolve()
      await delay(300)
      return { ok: true, problems: [], counts: { packs: 3 } }
    },
  })
  const underWay = adminClient(socketPath).fsck({ vaultId: null, deep: false })
  await begun.promise
  const closed = socket.close(20_000)
  await expect(adminClient(socketPath).status({})).rejects.toThrow(expect.objectContaining({ code: 'hub.unreachable' }))
  expect(await underWay).toMatchObject({ ok: true })
  await closed
})

test('ends a call that takes longer than the patience it closes with', async () => {
  const begun = Promise.withResolvers<void>()
  const socket = await serve({
    fsck: () => {
      begun.resolve()
      return new Promise(() => undefined)
    },
  })
  const underWay = adminClient(socketPath).fsck({ vaultId: null, deep: true })
  const ended = expect(underWay).rejects.toThrow(expect.objectContaining({ code: 'hub.unreachable' }))
  await begun.promise
  await socket.close(100)
  await ended
})
