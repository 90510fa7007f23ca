import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { request, type ClientRequest, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { toHex } from '@holdfast/engine/bytes'
import type { Pack } from '@holdfast/engine/vault'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildPack } from './build-pack.ts'
import { serveVaults, type ServedVaults } from './serve-vaults.ts'
import type { OpenedSession, TestAgent } from './test-agent.ts'
import { VaultsUnderTest } from './vaults-under-test.ts'

let world: VaultsUnderTest
let served: ServedVaults
let agent: TestAgent
let session: OpenedSession

beforeAll(async () => {
  world = await VaultsUnderTest.open()
  served = await serveVaults(world)
  agent = await world.enrol()
  session = await agent.open()
})
afterAll(async () => {
  await served.close()
  await world.close()
})

function put({ packId }: Pick<Pack, 'packId'>, lengthBytes: number): ClientRequest {
  const path = `/api/v1/sessions/${session.sessionId}/packs/${toHex(packId)}?fence=1`
  const headers = { 'x-test-agent': agent.agentId, 'content-length': lengthBytes }
  return request({ host: '127.0.0.1', port: served.port, method: 'PUT', path, headers })
}

async function answerOf(call: ClientRequest): Promise<{ status: number | undefined; body: unknown }> {
  const [response] = (await once(call, 'response')) as [IncomingMessage]
  return { status: response.statusCode, body: await json(response) }
}

const stagedFiles = async (): Promise<string[]> => {
  const entries = await readdir(join(world.storeDir, agent.vaultId, '+tmp'), { recursive: true, withFileTypes: true }).catch(() => [])
  return entries.filter((entry) => entry.isFile() && /^[0-9a-f]{24}$/.test(entry.name)).map(({ name }) => name)
}

test('a pack comes in, and a refused one gets its answer after its last byte', async () => {
  const pack = await buildPack(session.keys, 30, 250_000)
  const damaged = Buffer.from(pack.bytes)
  damaged[70]! ^= 1
  const refused = put(pack, damaged.length)
  refused.end(damaged)
  expect(await answerOf(refused)).toMatchObject({ status: 400, body: { code: 'pack.invalid' } })
  const accepted = put(pack, pack.bytes.length)
  accepted.end(pack.bytes)
  expect(await answerOf(accepted)).toEqual({ status: 201, body: {} })
})

test('a body that announces too much is answered before it is sent', async () => {
  const call = put(await buildPack(session.keys, 1), 100 * 1024 * 1024)
  call.flushHeaders()
  expect(await answerOf(call)).toMatchObject({ status: 400, body: { code: 'request.too-large' } })
  call.destroy()
})

test('a sender that goes away in the middle leaves nothing behind and is no error of the hub', async () => {
  const pack = await buildPack(session.keys, 30, 250_000)
  const call = put(pack, pack.bytes.length)
  call.on('error', () => undefined) // The test cuts it itself.
  call.write(pack.bytes.subarray(0, 3_000_000))
  await expect.poll(stagedFiles).toHaveLength(1)
  call.destroy()
  await expect.poll(stagedFiles).toEqual([])
  expect(served.log.filter(({ level }) => level === 'error')).toEqual([])
  const again = put(pack, pack.bytes.length)
  again.end(pack.bytes)
  expect(await answerOf(again)).toMatchObject({ status: 201 })
})
