import { randomUUID } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AgentId } from '@holdfast/shared-types'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FakeAgent } from '../../test/fake-agent.ts'
import type { AdminOutput } from '../admin-socket/admin-operations.ts'
import { fingerprintOfDevice, makePrivateVault, makeWords } from '../features/vaults/index.ts'
import { addSlot, approveDevice } from './private-vault-commands.ts'

/* A hub that is not to be believed: what it says of keys is held against the keys. */

// Words are not stretched: they open a vault at once.
let folder: string
let objects: AdminOutput<'vault-key-objects'>
const own = new FakeAgent('laptop').enrolRequest('')
const answers: object[] = []
const context = { answer: (document: object) => void answers.push(document) }
const approval = (changes: object) => ({
  device: 'laptop',
  vault: 'Family',
  passphraseFile: join(folder, 'words'),
  fingerprint: null,
  isSure: false,
  ...changes,
})

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-keys-'))
  const words = await makeWords()
  writeFileSync(join(folder, 'words'), words)
  const { toGive } = await makePrivateVault('Family', { passphrase: 'seven quiet lamps above the harbour', words }, 1)
  const slots = toGive.slots.map((slot, index) => ({ ...slot, kind: index === 0 ? ('passphrase' as const) : ('recovery-words' as const) }))
  objects = { vaultId: toGive.vaultId, vaultFile: toGive.vaultFile, slots, agents: [], waiting: [] }
  const stranger = new FakeAgent('stranger').enrolRequest('')
  const { signPublicKey, boxPublicKey, boxSignature } = stranger
  const agentId = AgentId.parse(randomUUID())
  // Somebody else's keys under the device's name, with the fingerprint that the device shows.
  const fingerprint = await fingerprintOfDevice(own)
  objects.waiting.push({
    agentId,
    name: 'laptop',
    domainId: toGive.domainId,
    signPublicKey,
    boxPublicKey,
    boxSignature,
    fingerprint,
    enrolledAtMs: 1,
  })
})
afterAll(() => rmSync(folder, { recursive: true }))

test('the fingerprint that is compared is that of the keys which would be let in', async () => {
  const admin = { 'vault-key-objects': async () => objects, 'vault-approve': () => Promise.reject(new Error('It was let in.')) }
  const offered = await fingerprintOfDevice(objects.waiting[0]!)
  await expect(approveDevice(context, admin, approval({}))).rejects.toMatchObject({ message: expect.stringContaining(offered) })
  await expect(approveDevice(context, admin, approval({ fingerprint: await fingerprintOfDevice(own) }))).rejects.toMatchObject({
    code: 'vault.keys-invalid',
    message: expect.stringContaining(offered),
  })
  await expect(approveDevice(context, admin, approval({ fingerprint: offered }))).rejects.toThrow('It was let in.')
  expect(answers).toEqual([])
})

test('a slot that was not stored, or not as it was made, does not count', async () => {
  const options = {
    vault: 'Family',
    passphraseFile: join(folder, 'words'),
    passphrase: { file: null, isWeakTaken: false },
    wordsFile: join(folder, 'next.json'),
    withWords: true,
  }
  const hub = (keep: (bytes: string) => string | null) => ({
    'vault-key-objects': async () => objects,
    'vault-slot-add': async ({ slotId, bytes }: { slotId: string; bytes: string }) => {
      const kept = keep(bytes)
      objects = { ...objects, slots: objects.slots.filter((slot) => slot.slotId !== slotId) }
      if (kept !== null) objects.slots.push({ slotId, bytes: kept, kind: 'recovery-words' })
      return {}
    },
    'vault-slot-remove': async ({ slotId }: { slotId: string }) => {
      objects = { ...objects, slots: objects.slots.filter((slot) => slot.slotId !== slotId) }
      return {}
    },
  })
  const before = objects.slots.length
  for (const keep of [() => null, () => objects.slots[1]!.bytes, (bytes: string) => `${bytes.slice(0, -6)}AAAAAA`])
    await expect(addSlot(context, hub(keep), options)).rejects.toMatchObject({ code: 'vault.slot-unusable' })
  expect([answers, existsSync(options.wordsFile)], 'no file with words that open nothing').toEqual([[], false])
  expect(objects.slots, 'nor a slot that is taken for a way in').toHaveLength(before)
  await addSlot(
    context,
    hub((bytes) => bytes),
    options,
  )
  expect(answers).toEqual([{ vaultId: objects.vaultId, slotId: objects.slots.at(-1)!.slotId }])
})
