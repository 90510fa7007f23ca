import { generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toBase64Url } from '@holdfast/engine/bytes'
import { decodeSnapshotObject, rewritingKeyFileText, withMac } from '@holdfast/engine/format'
import { openSnapshotBody } from '@holdfast/engine/reader'
import { nodePrimitives, rawPublicKey, sealSnapshot } from '@holdfast/engine/vault'
import type { SnapshotId } from '@holdfast/shared-types'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startLinkedDevice, stopLinkedDevice } from '../../test/a-linked-device.ts'
import { aBackupOf, endOf, makeTree, snapshotOf } from '../../test/a-run.ts'
import { aService, type TestAgent, type TestFolder } from '../../test/an-agent.ts'
import type { FakeHub, Report } from '../../test/fake-hub.ts'
import type { AgentService } from './agent-service.ts'

/* A snapshot that the hub wrote anew: restored where the machine allows it, under the right key alone. */

process.env['NODE_COMPILE_CACHE'] ??= join(tmpdir(), 'holdfast-test-compile-cache')

let hub: FakeHub
let folder: TestFolder
let service: AgentService
let device: TestAgent
let original: SnapshotId
const { privateKey, publicKey } = generateKeyPairSync('ed25519')

beforeAll(async () => {
  const linked = await startLinkedDevice()
  ;({ hub, folder, service, device } = linked)
  makeTree(linked.sources)
  original = snapshotOf(await endOf(hub, await hub.begin(aBackupOf(hub, linked.sources))))
  const text = rewritingKeyFileText({ vaultId: hub.vault.vaultId, signPublicKey: toBase64Url(rawPublicKey(publicKey)) })
  hub.answerSigner = () => withMac(text, randomBytes(32).toString('base64url'))
})
afterAll(() => stopLinkedDevice({ hub, folder, service }))

/** The same snapshot as a hub would write it anew. */
async function rewritten(signKey: KeyObject): Promise<SnapshotId> {
  const object = decodeSnapshotObject(hub.vault.snapshots.get(original)!)
  const body = await openSnapshotBody(nodePrimitives, object, hub.vault.keys)
  const rewriting = { of: object.header.snapshotId, why: 'purge', atMs: 1, entriesDropped: 1, bytesDropped: 1 } as const
  const header = { agentId: object.header.agentId, seq: object.header.seq, snapshotId: randomBytes(16) }
  return hub.vault.commit(sealSnapshot({ header, refset: object.refset, body: { ...body, rewriting } }, hub.vault.keys, signKey))
}

let targets = 0
async function restored(snapshotId: SnapshotId): Promise<{ readonly body: Report['body']; readonly target: string }> {
  const target = join(folder.path, `target-${(targets += 1)}`)
  const run = await hub.begin({ kind: 'restore', snapshotId, target: { path: target }, flat: true, paths: [] })
  return { body: (await endOf(hub, run)).body, target }
}

test('it is restored under the vault\u2019s rewriting key, and under no other', async () => {
  const { body, target } = await restored(await rewritten(privateKey))
  expect(body).toMatchObject({ outcome: 'succeeded' })
  expect(existsSync(target)).toBe(true)
  const forged = await restored(await rewritten(generateKeyPairSync('ed25519').privateKey))
  expect(forged.body).toMatchObject({ outcome: 'failed', error: { code: 'vault.corrupt' } })
  expect(existsSync(forged.target)).toBe(false)
})

test('a machine that wants none refuses it, and takes its own as ever', async () => {
  await service.close()
  service = await aService(device, undefined, true, false)
  await service.link.whenConnected()
  const { body, target } = await restored(await rewritten(privateKey))
  expect(body).toMatchObject({ outcome: 'failed', error: { code: 'snapshot.rewritten-refused' } })
  expect(existsSync(target)).toBe(false)
  expect((await restored(original)).body).toMatchObject({ outcome: 'succeeded' })
})
