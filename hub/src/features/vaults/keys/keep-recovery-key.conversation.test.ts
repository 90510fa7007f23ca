import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { VaultId, type VaultDetails } from '@holdfast/shared-types'
import { openDirectoryStore } from '@holdfast/engine/store'
import { openVault } from '@holdfast/engine/vault'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { TestHub } from '../../../../test/test-hub.ts'
import { auditOf } from '../../../../test/test-people.ts'
import type { KeyToKeep } from './keep-recovery-key.ts'

/* What the command line asks for when it puts a recovery key into a file. */

let hub: TestHub
let vaultId: VaultId
beforeAll(async () => {
  hub = await TestHub.start()
  vaultId = (await hub.json<{ items: { id: VaultId }[] }>(hub.get('/api/v1/vaults'))).items[0]?.id as VaultId
})
afterAll(() => hub.stop())

const make = (vault: string | null) => hub.hub.admin('vault-key.make', { vault }) as Promise<KeyToKeep>
const add = (words: readonly string[], of: VaultId = vaultId) =>
  hub.hub.admin('vault-key.add', { vaultId: of, words }) as Promise<{ slotId: string }>
const details = () => hub.json<VaultDetails>(hub.get(`/api/v1/vaults/${vaultId}`))
const slots = () => readdir(join(hub.dataDir, 'store', vaultId, 'keys'))

test('words are made for the vault that is meant, and open nothing until they are kept', async () => {
  // What its disk has left is others' doing.
  const facts = async () => ({ ...(await details()), store: null })
  const before = [await slots(), await facts()]
  const made = await make(null)
  expect(made).toMatchObject({ vaultId, name: expect.any(String) })
  expect(made.words).toHaveLength(24)
  for (const vault of [vaultId, vaultId.toUpperCase(), made.name]) expect(await make(vault)).toMatchObject({ vaultId })
  for (const vault of ['nobody', '11111111-1111-4111-8111-111111111111'])
    await expect(make(vault)).rejects.toMatchObject({ code: 'vault.not-found' })
  expect([await slots(), await facts()]).toEqual(before)
  expect(await auditOf(hub, 'action=command:vault-key.make')).toEqual([])
})

test('words that are kept open the vault from its store, which counts as having a recovery key from then on', async () => {
  expect((await details()).recoveryKeyExported).toBe(false)
  const { words } = await make(null)
  const { slotId } = await add(words)
  expect(await slots()).toContain(slotId)
  expect(await details()).toMatchObject({ recoveryKeyExported: true, recoveryKey: { exportedBy: 'holdfast-hub vault-key export' } })
  const store = await openDirectoryStore(join(hub.dataDir, 'store', vaultId))
  expect((await openVault(store, { kind: 'recovery-words', words: words.join(' ') })).file.vaultId).toBe(vaultId)

  const [line] = await auditOf(hub, 'action=command:vault-key.add')
  expect(line).toMatchObject({
    outcome: 'done',
    actor: { kind: 'command-line' },
    object: { kind: 'vault', id: vaultId },
    details: { slotId },
  })
  // Three words in a row of a list of 2,048 do not meet by chance.
  const traces = [words.slice(0, 3).join(' '), words.slice(0, 3).join('","')]
  const dump = JSON.stringify(await hub.sql('select row_to_json(a)::text as row from audit_entry a'))
  for (const trace of traces) expect(dump).not.toContain(trace)
  for (const name of await readdir(hub.dataDir, { recursive: true, withFileTypes: true }))
    if (name.isFile()) for (const trace of traces) expect((await readFile(join(name.parentPath, name.name))).includes(trace)).toBe(false)
})

test('what are no recovery words, or are for no vault, add nothing', async () => {
  const before = await slots()
  const { words } = await make(null)
  await expect(add(words.toReversed())).rejects.toMatchObject({ code: 'vault.wrong-key' })
  await expect(add(words, VaultId.parse('11111111-1111-4111-8111-111111111111'))).rejects.toMatchObject({ code: 'vault.not-found' })
  expect(await slots()).toEqual(before)
})
