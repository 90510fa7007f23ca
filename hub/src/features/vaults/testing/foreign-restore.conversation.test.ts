import { randomBytes, randomUUID } from 'node:crypto'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Run } from '@holdfast/shared-types'
import { blobTypes, decodeSnapshotObject } from '@holdfast/engine/format'
import { openSnapshotBody, TreeReader, verifySnapshotSignature } from '@holdfast/engine/reader'
import { nodePrimitives, RemoteSource, signerOf } from '@holdfast/engine/vault'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { FakeAgent } from '../../../../test/fake-agent.ts'
import { TestHub } from '../../../../test/test-hub.ts'
import { addPerson, addToken, auditOf, callWith } from '../../../../test/test-people.ts'
import { folder } from './build-tree.ts'
import { ask, begin, call, commit, finish, keysOf, send } from './wire-backup.ts'

/* A laptop died, and its snapshot is to be restored on the one that took its place: who may order so, and what its agent may read. */

let hub: TestHub
let laptop: FakeAgent
let successor: FakeAgent
let snapshotId: string
let operatorCookie: string
const content = randomBytes(1_500_000)

const linked = async (name: string): Promise<FakeAgent> => {
  const agent = await hub.enrol(name)
  await agent.link()
  return agent
}
const backedUp = async (agent: FakeAgent): Promise<string> => {
  const session = await begin(hub, agent)
  const id = (await commit(agent, session, await send(agent, session, folder({ home: folder({ thesis: content }) })))).snapshotId
  await finish(agent, session)
  return id
}
beforeAll(async () => {
  hub = await TestHub.start()
  laptop = await linked('laptop')
  snapshotId = await backedUp(laptop)
  await hub.json(hub.post(`/api/v1/devices/${laptop.agentId}/revoke`, {}))
  successor = await linked('successor')
  operatorCookie = (await addPerson(hub, 'operator', 'olga')).cookie
})
afterAll(() => hub.stop())

let targets = 0
const restoreOf = (id: string, change: object = {}) => ({
  kind: 'restore',
  snapshotId: id,
  target: { path: `/tmp/${(targets += 1)}` },
  ...change,
})
const path = (agent: FakeAgent): string => `/api/v1/devices/${agent.agentId}/runs`
const order = (agent: FakeAgent, body: object, cookie = operatorCookie) => hub.post(path(agent), body, cookie)
const refused = (agent: FakeAgent, body: object = restoreOf(snapshotId), cookie?: string) => hub.refusal(order(agent, body, cookie))

/** The run in the hands of its agent. */
async function inHand(agent: FakeAgent, run: Run): Promise<{ runId: string; fence: number }> {
  const { fence } = await vi.waitUntil(() => agent.offers.findLast((offer) => offer.runId === run.id), { interval: 10, timeout: 20_000 })
  return { runId: run.id, fence }
}

describe('a person who may operate', () => {
  test('has the snapshot of a revoked device restored on another one, which reads it byte for byte and knows who signed it', async () => {
    const run = await hub.json<Run>(order(successor, restoreOf(snapshotId)))
    expect(run).toMatchObject({ agentId: successor.agentId, request: { snapshotId, fromAgentId: laptop.agentId } })
    const { runId, fence } = await inHand(successor, run)
    expect(successor.offers.at(-1)?.request).toEqual(run.request)
    const [line] = await auditOf(hub, 'action=startRun')
    expect(line).toMatchObject({
      object: { kind: 'device', id: successor.agentId, name: 'successor' },
      details: { kind: 'restore', snapshotOf: 'laptop' },
    })

    const keys = await keysOf(successor, await ask(successor, 'vault.unseal', { runId, fence }))
    const object = decodeSnapshotObject(await call(successor, `/runs/${runId}/snapshot-object`, 'GET'))
    const { agentId, answer } = laptop
    const signer = await signerOf(await call(successor, `/runs/${runId}/snapshot-signer`, 'GET'), {
      agentId,
      domainId: answer?.domainId ?? '',
    })
    await verifySnapshotSignature(nodePrimitives, object, signer)
    const { root } = await openSnapshotBody(nodePrimitives, object, keys)
    const source = new RemoteSource(keys, {
      locate: (ids) => call(successor, `/runs/${runId}/locate`, 'POST', ids),
      readSegments: (places) => call(successor, `/runs/${runId}/segments`, 'POST', places),
    })
    const reader = new TreeReader((type, id) => source.read(type, id))
    const file = await reader.resolve(root, [Buffer.from('home'), Buffer.from('thesis')])
    if (file?.type !== 'file') throw new Error('The file should be there')
    const parts: Uint8Array[] = []
    for await (const { item } of reader.items(file)) if (item.kind === 'data') parts.push(await source.read(blobTypes.data, item.id))
    expect(Buffer.concat(parts).equals(content)).toBe(true)

    await ask(successor, 'run.finished', { runId, fence, outcome: 'cancelled', result: null, error: null, warnings: [], warningCount: 0 })
    for (const what of ['snapshot-object', 'snapshot-signer'])
      await expect(call(successor, `/runs/${runId}/${what}`, 'GET')).rejects.toMatchObject({ code: 'run.already-finished' })
  })

  test('orders it by a token of the scope admin too; nobody but the device of the run reads by it', async () => {
    const { cookie } = await addPerson(hub, 'admin', 'ann')
    const { token } = await addToken(hub, cookie, 'admin')
    const body = JSON.stringify(restoreOf(snapshotId))
    const run = await hub.json<Run>(callWith(hub, token, path(successor), { method: 'POST', body }))
    const { runId } = await inHand(successor, run)
    const other = await linked('other')
    for (const what of ['snapshot-object', 'snapshot-signer'])
      await expect(call(other, `/runs/${runId}/${what}`, 'GET')).rejects.toMatchObject({ code: 'run.not-found' })
  })
})

describe('it is refused', () => {
  test('to who may not operate, and to a device by its own word', async () => {
    const viewer = await addPerson(hub, 'viewer', 'victor')
    expect(await refused(successor, undefined, viewer.cookie)).toEqual([403, 'access.denied'])
    const body = JSON.stringify(restoreOf(snapshotId))
    for (const scope of ['read', 'run'] as const) {
      const { token } = await addToken(hub, operatorCookie, scope)
      const refusal = await hub.refusal(callWith(hub, token, path(successor), { method: 'POST', body }))
      expect([scope, ...refusal]).toEqual([scope, 403, 'token.scope-too-small'])
    }
    expect(await hub.refusal(successor.call(path(successor), { method: 'POST', body }))).toEqual([409, 'restore.target-invalid'])
  })

  test('where the order names the maker itself, or asks for a check', async () => {
    expect(await refused(successor, restoreOf(snapshotId, { fromAgentId: laptop.agentId }))).toEqual([400, 'request.invalid'])
    expect(await refused(successor, { kind: 'verify', snapshotId })).toEqual([409, 'restore.target-invalid'])
  })

  test('on a device that was removed, of another domain, another vault or another system', async () => {
    const removed = await linked('removed')
    await hub.json(hub.post(`/api/v1/devices/${removed.agentId}/revoke`, {}))
    expect(await refused(removed)).toEqual([403, 'agent.revoked'])
    const elsewhere = await linked('elsewhere')
    const set = (change: string, values: readonly unknown[] = []) =>
      hub.sql(`update agent set ${change} where id = $1`, [elsewhere.agentId, ...values])
    const { vaultId, domainId } = successor.answer ?? {}
    for (const column of ['domain_id', 'vault_id']) {
      await set(`${column} = $2`, [randomUUID()])
      expect(await refused(elsewhere), column).toEqual([409, 'restore.target-invalid'])
      await set('domain_id = $2, vault_id = $3', [domainId, vaultId])
    }
    await set(`host = jsonb_set(host, '{os}', '"windows"')`)
    expect(await refused(elsewhere, restoreOf(snapshotId, { target: null }))).toEqual([409, 'restore.target-invalid'])
  })

  test('by the reading side where domain and run do not fit any more, and where the keys in the store were changed', async () => {
    const run = await hub.json<Run>(order(successor, restoreOf(snapshotId)))
    const { runId } = await inHand(successor, run)
    const read = (what: string) => call(successor, `/runs/${runId}/${what}`, 'GET')
    const { domainId } = successor.answer ?? {}
    await hub.sql('update agent set domain_id = $2 where id = $1', [successor.agentId, randomUUID()])
    for (const what of ['snapshot-object', 'snapshot-signer'])
      await expect(read(what)).rejects.toMatchObject({ code: 'snapshot.not-found' })
    await hub.sql('update agent set domain_id = $2 where id = $1', [successor.agentId, domainId])
    await expect(read('snapshot-signer')).resolves.toBeInstanceOf(Buffer)
    const stored = join(hub.dataDir, 'store', successor.answer?.vaultId ?? '', 'a', laptop.agentId)
    const successors = join(hub.dataDir, 'store', successor.answer?.vaultId ?? '', 'a', successor.agentId)
    await chmod(stored, 0o600)
    const keyOf = (text: string): string => /"signPublicKey":"([^"]+)"/.exec(text)?.[1] ?? ''
    const text = await readFile(stored, 'utf8')
    await writeFile(stored, text.replace(keyOf(text), keyOf(await readFile(successors, 'utf8'))))
    await expect(read('snapshot-signer')).rejects.toMatchObject({ code: 'vault.corrupt' })
  })
})
