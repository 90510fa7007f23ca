import { execFileSync } from 'node:child_process'
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { existsSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toBase64Url } from '@holdfast/engine/bytes'
import { agentFileText, decodeAgentFile, withMac, type AgentFile } from '@holdfast/engine/format'
import { boxKeySigningBytes, rawPublicKey } from '@holdfast/engine/vault'
import type { AgentId, RestoreRequest, SnapshotId } from '@holdfast/shared-types'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startLinkedDevice, stopLinkedDevice } from '../../test/a-linked-device.ts'
import { aBackupOf, endOf, makeTree, snapshotOf } from '../../test/a-run.ts'
import { anEnrolledAgent, aService, type TestAgent, type TestFolder } from '../../test/an-agent.ts'
import type { FakeHub, Report } from '../../test/fake-hub.ts'
import type { AgentService } from './agent-service.ts'

/* A snapshot of a device that is gone, on the one that took its place: whose signature is believed. */

// Each run starts threads of its own: without a cache every one of them strips the engine's types anew.
process.env['NODE_COMPILE_CACHE'] ??= join(tmpdir(), 'holdfast-test-compile-cache')

let hub: FakeHub
let folder: TestFolder
let service: AgentService
let second: TestAgent
let sources: string
let gone: AgentId
let here: AgentId
let snapshotId: SnapshotId

beforeAll(async () => {
  const first = await startLinkedDevice()
  ;({ hub, folder, sources } = first)
  gone = first.device.agent.identity.agentId
  makeTree(sources)
  snapshotId = snapshotOf(await endOf(hub, await hub.begin(aBackupOf(hub, sources))))
  await first.service.close()
  second = await anEnrolledAgent(hub, join(folder.path, 'state of the second'))
  here = second.agent.identity.agentId
  service = await aService(second)
  await service.link.whenConnected()
})
afterAll(() => stopLinkedDevice({ hub, folder, service }))
beforeEach(() => {
  hub.answerSigner = (object) => object
})

let targets = 0
const nextTarget = (): string => join(folder.path, `target-${(targets += 1)}`)
async function restored(target: string, change: Partial<RestoreRequest> = {}): Promise<Report['body']> {
  const order: RestoreRequest = { kind: 'restore', snapshotId, target: { path: target }, flat: true, paths: [] }
  return (await endOf(hub, await hub.begin({ ...order, ...change }))).body
}
/** Ends with this code, and has not written a byte. */
async function expectRefused(code: string, change: Partial<RestoreRequest> = { fromAgentId: gone }): Promise<void> {
  const target = nextTarget()
  expect(await restored(target, change)).toMatchObject({ outcome: 'failed', error: { code } })
  expect(existsSync(target)).toBe(false)
}

test('brings every byte where the other device\u2019s own key has signed it', async () => {
  const target = nextTarget()
  mkdirSync(target)
  expect(await restored(target, { fromAgentId: gone })).toMatchObject({
    outcome: 'succeeded',
    result: { filesRequested: 302, filesWritten: 302 },
  })
  expect(execFileSync('diff', ['-r', '--no-dereference', sources, target], { encoding: 'utf8' })).toBe('')
})

test('takes no other device\u2019s snapshot for its own, nor its own word for another\u2019s', async () => {
  await expectRefused('vault.corrupt', {})
  await expectRefused('vault.corrupt', { fromAgentId: here })
})

test('believes no key that is not the signer\u2019s', async () => {
  const signing = generateKeyPairSync('ed25519')
  const boxPublicKey = rawPublicKey(generateKeyPairSync('x25519').publicKey)
  const forged = (change: Partial<AgentFile>) => (object: Uint8Array) =>
    withMac(agentFileText({ ...decodeAgentFile(object).value, ...change }), randomBytes(32).toString('base64url'))
  const keysOf = {
    signPublicKey: toBase64Url(rawPublicKey(signing.publicKey)),
    boxPublicKey: toBase64Url(boxPublicKey),
    boxSignature: toBase64Url(sign(null, boxKeySigningBytes(boxPublicKey), signing.privateKey)),
  }
  for (const answer of [
    // Whole in itself, and of somebody else: only the snapshot's signature says so.
    forged(keysOf),
    // The signing key of one with the encryption key of another.
    forged({ signPublicKey: keysOf.signPublicKey }),
    forged({ signPublicKey: 'AAAA' }),
    forged({ agentId: here }),
    forged({ domainId: hub.vault.vaultId }),
    () => hub.devices.get(here)?.object ?? new Uint8Array(0),
    (object: Uint8Array) => Buffer.concat([object, Buffer.from(' ')]),
    () => new Uint8Array(0),
  ]) {
    hub.answerSigner = answer
    await expectRefused('vault.corrupt')
  }
})

test('restores nobody else\u2019s where this machine\u2019s owner does not want it', async () => {
  await service.close()
  service = await aService(second, undefined, false)
  await service.link.whenConnected()
  await expectRefused('restore.target-invalid')
  await service.close()
  service = await aService(second)
  await service.link.whenConnected()
})

test('does not restore what was changed after it was signed', async () => {
  const object = hub.vault.snapshots.get(snapshotId)
  if (object === undefined) throw new Error('unreachable')
  object[100] = (object[100] ?? 0) ^ 1
  await expectRefused('vault.corrupt')
})
