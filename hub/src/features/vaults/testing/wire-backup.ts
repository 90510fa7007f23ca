import { randomBytes } from 'node:crypto'
import type { Problem, Run, RunId, SessionId } from '@holdfast/shared-types'
import { toHex } from '@holdfast/engine/bytes'
import { blobTypes, decodeSnapshotObject, uuidToBytes } from '@holdfast/engine/format'
import { openSnapshotBody, TreeReader, type DomainKeys } from '@holdfast/engine/reader'
import { InlineSealer, nodePrimitives, openSealedDomainKeys, RemoteSource, sealSnapshot, SessionSink } from '@holdfast/engine/vault'
import { vi } from 'vitest'
import type { FakeAgent } from '../../../../test/fake-agent.ts'
import type { TestHub } from '../../../../test/test-hub.ts'
import { buildTree, type Folder } from './build-tree.ts'

/*
 * A backup as an agent makes it, over real links, tokens and runs, step by step as a test wants them.
 */

/** A run of a backup whose session is open. */
export interface WireSession {
  readonly runId: RunId
  readonly fence: number
  readonly sessionId: SessionId
  readonly nextSnapshotSeq: number
  readonly keys: DomainKeys
  readonly readAgain?: readonly { readonly path: string }[]
}

export async function ask<T>(agent: FakeAgent, type: string, body: object): Promise<T> {
  const answer = await agent.send(type, body)
  if (!answer.ok) throw Object.assign(new Error(answer.error.message), { code: answer.error.code })
  return answer.body as T
}

/** The bytes of a call that must succeed; a refusal is thrown with its code. */
export async function call(agent: FakeAgent, path: string, method: string, body?: Uint8Array): Promise<Buffer> {
  const response = await agent.call(`/api/v1${path}`, {
    method,
    ...(body === undefined ? {} : { body: Buffer.from(body), headers: { 'content-type': 'application/octet-stream' } }),
  })
  const bytes = Buffer.from(await response.arrayBuffer())
  if (response.ok) return bytes
  const problem = JSON.parse(bytes.toString()) as Problem
  throw Object.assign(new Error(problem.detail), { code: problem.code })
}

export function keysOf(
  agent: FakeAgent,
  answer: { domainId: string; keyEpoch: number; sealedDomainKeys: Uint8Array },
): Promise<DomainKeys> {
  const id = { vaultId: uuidToBytes(agent.answer?.vaultId ?? ''), domainId: uuidToBytes(answer.domainId), keyEpoch: answer.keyEpoch }
  return openSealedDomainKeys(answer.sealedDomainKeys, id, uuidToBytes(agent.agentId), agent.privateKeys.box)
}

export async function begin(hub: TestHub, agent: FakeAgent, path = '/home'): Promise<WireSession> {
  const { id } = await hub.startRun(agent.agentId, { sources: [{ path }] })
  return open(agent, id)
}

/** Takes a run that somebody has ordered. */
export async function open(agent: FakeAgent, runId: RunId): Promise<WireSession> {
  const { fence } = await vi.waitUntil(() => agent.offers.findLast((offer) => offer.runId === runId), { interval: 10, timeout: 20_000 })
  type Answer = Omit<WireSession, 'keys'> & { domainId: string; keyEpoch: number; sealedDomainKeys: Uint8Array }
  const answer = await ask<Answer>(agent, 'session.open', { runId, fence, vaultId: agent.answer?.vaultId, canReadAgain: true })
  return { ...answer, runId, fence, keys: await keysOf(agent, answer) }
}

const emptyBody = {
  system: 'linux',
  plan: '',
  program: 'test',
  startedAtMs: 1,
  finishedAtMs: 2,
  parent: null,
  filesNew: 0,
  filesChanged: 0,
  filesUnchanged: 0,
  bytesRead: 0,
} as const

export async function send(agent: FakeAgent, session: WireSession, tree: Folder): Promise<Uint8Array> {
  const { sessionId, fence, keys } = session
  const have = async (ids: Uint8Array): Promise<Uint8Array> =>
    (await ask<{ locations: Uint8Array }>(agent, 'session.have', { sessionId, fence, ids })).locations
  const putPack = async ({ packId, bytes }: { packId: Uint8Array; bytes: Uint8Array }): Promise<void> => {
    await call(agent, `/sessions/${sessionId}/packs/${toHex(packId)}?fence=${fence}`, 'PUT', bytes)
  }
  const sink = new SessionSink(keys, { have, putPack }, (onPack) => new InlineSealer(keys, onPack))
  const built = buildTree(sink, keys, tree)
  await sink.finish()
  const header = { agentId: uuidToBytes(agent.agentId), snapshotId: randomBytes(16), seq: session.nextSnapshotSeq }
  const body = { ...emptyBody, ...built, status: 'complete' as const, host: 'laptop.lan', roots: [Buffer.from('/home')] }
  return sealSnapshot({ header, refset: sink.refset(), body }, keys, agent.privateKeys.signing)
}

export const commit = async (agent: FakeAgent, { sessionId, fence }: WireSession, object: Uint8Array): Promise<{ snapshotId: string }> =>
  JSON.parse((await call(agent, `/sessions/${sessionId}/commit?fence=${fence}`, 'POST', object)).toString()) as { snapshotId: string }

export const finish = (agent: FakeAgent, { runId, fence }: WireSession): Promise<unknown> =>
  ask(agent, 'run.finished', { runId, fence, outcome: 'succeeded', result: null, error: null, warnings: [], warningCount: 0 })

/** What a device gets that restores: the files of a folder at the top of a snapshot. */
export async function restoreFolder(hub: TestHub, agent: FakeAgent, snapshotId: string, name: string): Promise<Record<string, Buffer>> {
  const order = { kind: 'restore', snapshotId, target: { path: '/tmp/x' } }
  const { id: runId } = await hub.json<Run>(hub.post(`/api/v1/devices/${agent.agentId}/runs`, order))
  const { fence } = await vi.waitUntil(() => agent.offers.findLast((offer) => offer.runId === runId), { interval: 10, timeout: 20_000 })
  const keys = await keysOf(agent, await ask(agent, 'vault.unseal', { runId, fence }))
  const source = new RemoteSource(keys, {
    locate: (ids) => call(agent, `/runs/${runId}/locate`, 'POST', ids),
    readSegments: (places) => call(agent, `/runs/${runId}/segments`, 'POST', places),
  })
  const object = decodeSnapshotObject(await call(agent, `/runs/${runId}/snapshot-object`, 'GET'))
  const { root } = await openSnapshotBody(nodePrimitives, object, keys)
  const reader = new TreeReader((type, id) => source.read(type, id))
  const top = await reader.find(root, Buffer.from(name))
  if (top?.type !== 'folder') throw new Error('The folder should be there')
  const files: Record<string, Buffer> = {}
  for await (const entry of reader.entries(top.page)) {
    if (entry.type !== 'file') continue
    const parts: Uint8Array[] = []
    for await (const { item } of reader.items(entry))
      parts.push(item.kind === 'data' ? await source.read(blobTypes.data, item.id) : Buffer.alloc(item.length))
    files[Buffer.from(entry.name).toString()] = Buffer.concat(parts)
  }
  await ask(agent, 'run.finished', { runId, fence, outcome: 'succeeded', result: null, error: null, warnings: [], warningCount: 0 })
  return files
}
