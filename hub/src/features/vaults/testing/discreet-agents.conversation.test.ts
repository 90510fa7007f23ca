import { randomUUID } from 'node:crypto'
import { toBase64Url, toHex } from '@holdfast/engine/bytes'
import { createVaultObjects, newRecoveryWords } from '@holdfast/engine/unlock'
import { nodePrimitives } from '@holdfast/engine/vault'
import { agentCapabilities, type EnrolAnswer, type Vault } from '@holdfast/shared-types'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FakeAgent } from '../../../../test/fake-agent.ts'
import { TestHub } from '../../../../test/test-hub.ts'

let hub: TestHub
beforeAll(async () => {
  hub = await TestHub.start()
})
afterAll(() => hub.stop())

async function aPrivateVault(): Promise<Vault> {
  const [vaultId, domainId] = [randomUUID(), randomUUID()]
  const secrets = [
    { kind: 'passphrase', passphrase: 'six quiet otters carry the lantern' },
    { kind: 'recovery-words', words: await newRecoveryWords(nodePrimitives) },
  ] as const
  const made = await createVaultObjects(nodePrimitives, { vaultId, domainId, kind: 'private', createdAtMs: 1, secrets })
  const slots = made.slots.map(({ slotId, bytes }) => ({ slotId: toHex(slotId), bytes: toBase64Url(bytes) }))
  const objects = { vaultFile: toBase64Url(made.vaultFile), slots, hubKey: toBase64Url(made.hubKey) }
  return hub.json<Vault>(hub.post('/api/v1/vaults', { name: 'Private', vaultId, domainId, ...objects }))
}

test('an agent that would tell names is refused as too old where the vault is private, before it has told any', async () => {
  const { id: vaultId } = await aPrivateVault()
  const { token } = await hub.json<{ token: string }>(hub.post('/api/v1/enrolment-tokens', { vaultId }))
  const agent = new FakeAgent('laptop')
  agent.answer = await hub.json<EnrolAnswer>(hub.post('/api/v1/enrol', agent.enrolRequest(token), ''))
  agent.origin = hub.origin
  expect(agent.answer.vaultKind).toBe('private')
  expect(await agent.say(agent.hello(await agent.dial(), { capabilities: ['backup', 'host.list'] }))).toMatchObject({
    accepted: false,
    code: 'agent.outdated',
  })
  const capabilities = ['backup', agentCapabilities.keepNames]
  expect(await agent.say(agent.hello(await agent.dial(), { capabilities }))).toMatchObject({ accepted: true })
  await agent.close()
})

test('of a managed vault an older agent is as welcome as ever', async () => {
  const agent = await hub.enrol('nas')
  expect(await agent.say(agent.hello(await agent.dial(), { capabilities: [] }))).toMatchObject({ accepted: true })
})
