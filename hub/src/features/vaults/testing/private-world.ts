import { randomUUID } from 'node:crypto'
import { DomainId, SnapshotId, UserId, VaultId, type SnapshotSummary, type Vault, type VerifyResult } from '@holdfast/shared-types'
import { concatBytes, toBase64Url, toHex } from '@holdfast/engine/bytes'
import { decodeSnapshotObject, readLocation } from '@holdfast/engine/format'
import { openSnapshotBody, TreeReader } from '@holdfast/engine/reader'
import { createVaultObjects, newRecoveryWords, type KeySecret, type VaultKeys, type VaultObjects } from '@holdfast/engine/unlock'
import { nodePrimitives } from '@holdfast/engine/vault'
import type { RouteHandlers } from '../../../platform/http/define-feature.ts'
import type { TestAgent } from './test-agent.ts'
import type { VaultsUnderTest } from './vaults-under-test.ts'

export const passphrase = 'six quiet otters carry the lantern'

/** A private vault as a person's browser makes it: what it gave the hub, and what it kept. */
export interface MadeVault {
  readonly vaultId: VaultId
  readonly domainId: DomainId
  readonly words: string
  readonly objects: VaultObjects
  readonly keys: VaultKeys
  /** What was posted. */
  readonly body: object
}

export async function makeVault(name: string, change: { secrets?: readonly KeySecret[]; kind?: 'managed' } = {}): Promise<MadeVault> {
  const vaultId = VaultId.parse(randomUUID())
  const domainId = DomainId.parse(randomUUID())
  const words = await newRecoveryWords(nodePrimitives)
  const {
    secrets = [
      { kind: 'passphrase', passphrase },
      { kind: 'recovery-words', words },
    ],
    kind = 'private',
  } = change
  const objects = await createVaultObjects(nodePrimitives, { vaultId, domainId, kind, createdAtMs: 1_800_000_000_000, secrets })
  const slots = objects.slots.map(({ slotId, bytes }) => ({ slotId: toHex(slotId), bytes: toBase64Url(bytes) }))
  const body = { name, vaultId, domainId, vaultFile: toBase64Url(objects.vaultFile), slots, hubKey: toBase64Url(objects.hubKey) }
  return { vaultId, domainId, words, objects, keys: objects.keys, body }
}

/** All that a person's browser told the hub, and was told. */
export const personTraffic: unknown[] = []

/** A call of the administrator. */
export async function asPerson<T>(world: VaultsUnderTest, name: keyof RouteHandlers, request: object): Promise<T> {
  const handler = world.vaults.feature.routes?.[name] as ((request: unknown) => Promise<T>) | undefined
  if (handler === undefined) throw new Error(`Nobody answers ${name}`)
  const actor = { kind: 'user', userId: UserId.parse('33333333-3333-4333-8333-333333333333'), name: 'Ada', role: 'admin', signInId: 'aa' }
  personTraffic.push(request)
  const answer = await handler({ actor, em: world.database.em(), ctx: { address: '::1' }, ...request })
  personTraffic.push(answer)
  return answer
}

export async function createPrivate(world: VaultsUnderTest, name = 'Private'): Promise<MadeVault> {
  const made = await makeVault(name)
  await asPerson<Vault>(world, 'createVault', { body: made.body })
  return made
}

/** What a person who opened the vault makes for a device. */
export async function keysFor(
  made: Pick<MadeVault, 'keys' | 'domainId'>,
  agent: TestAgent,
): Promise<{ agentObject: string; sealedDomainKeys: string }> {
  const { signPublicKey, boxPublicKey, boxSignature } = agent.publicKeys
  const agentObject = await made.keys.agentObject({
    agentId: agent.agentId,
    domainId: made.domainId,
    signPublicKey: toBase64Url(signPublicKey),
    boxPublicKey: toBase64Url(boxPublicKey),
    boxSignature: toBase64Url(boxSignature),
    createdAtMs: 1_800_000_000_000,
  })
  const sealed = await made.keys.sealDomainKeys(made.domainId, agent.agentId, boxPublicKey)
  return { agentObject: toBase64Url(agentObject), sealedDomainKeys: toBase64Url(sealed) }
}

export const aSummary: SnapshotSummary = {
  status: 'complete',
  files: 3,
  folders: 1,
  bytes: 700_000,
  errors: 0,
  filesNew: 3,
  filesChanged: 0,
}

/** A device that joined, was looked at and was let in. */
export async function enrolApproved(world: VaultsUnderTest, made: MadeVault, name: string): Promise<TestAgent> {
  const agent = await world.enrolIn(made.vaultId, name)
  const params = { vaultId: made.vaultId, agentId: agent.agentId }
  await asPerson(world, 'giveDeviceKeys', { params, body: await keysFor(made, agent) })
  agent.summary = aSummary
  return agent
}

/** What a device does that is asked to look through snapshots: everything that waits for it. @returns how many that was */
export async function lookThroughAll(world: VaultsUnderTest, agent: TestAgent): Promise<number> {
  const runs = await world.runs.auditsFor(agent.agentId)
  for (const { id: runId, request } of runs) {
    await world.runs.finishVerify(runId, await lookThrough(agent, runId, SnapshotId.parse(request.snapshotId)))
    await world.events.emit('run.finished', { runId, agentId: agent.agentId, state: 'succeeded' })
  }
  return runs.length
}

async function lookThrough(agent: TestAgent, runId: Parameters<TestAgent['locate']>[0], snapshotId: SnapshotId): Promise<VerifyResult> {
  const { source, keys } = await agent.sourceOfRun(runId)
  const body = await openSnapshotBody(nodePrimitives, decodeSnapshotObject(await agent.snapshotObject(runId)), keys)
  const missing = new Set<string>()
  let asked = 0
  const look = async (ids: readonly Uint8Array[]): Promise<void> => {
    if (ids.length === 0) return
    const places = await agent.locate(runId, concatBytes(ids))
    for (const [index, id] of ids.entries()) if (readLocation(places, index) === null) missing.add(toHex(id))
    asked += ids.length
  }
  const reader = new TreeReader((type, id) => source.read(type, id))
  const folders = [body.root]
  for (let page = folders.pop(); page !== undefined; page = folders.pop())
    for await (const entry of reader.entries(page)) {
      if (entry.type === 'folder') folders.push(entry.page)
      if (entry.type !== 'file' || entry.content.kind === 'inline') continue
      const ids: Uint8Array[] = []
      for await (const { item } of reader.items(entry)) if (item.kind === 'data') ids.push(item.id)
      await look(ids)
    }
  const { status, files, folders: folderCount, bytes, errors, filesNew, filesChanged } = body
  return {
    kind: 'verify',
    snapshotId,
    files,
    bytes,
    blobsChecked: asked,
    problems: missing.size,
    audit: {
      summary: { status, files, folders: folderCount, bytes, errors, filesNew, filesChanged },
      missing: [...missing] as never,
      isWhole: true,
    },
  }
}
