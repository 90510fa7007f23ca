import { randomBytes } from 'node:crypto'
import { cp, mkdtemp, readdir, readFile, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Api, type ResponseOf, type VaultDetails, VaultId } from '@holdfast/shared-types'
import { openDirectoryStore } from '@holdfast/engine/store'
import { makeRecoveryWords, openVault } from '@holdfast/engine/vault'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TestHub } from '../../../../test/test-hub.ts'
import { addPerson, auditOf, type TestPerson } from '../../../../test/test-people.ts'
import { useRecoveryWords } from './use-recovery-words.ts'

type Exported = ResponseOf<Api['exportRecoveryKey']>
type Tested = ResponseOf<Api['testRecoveryKey']>

let hub: TestHub
let vaultId: VaultId
let path: string
let ann: TestPerson
beforeAll(async () => {
  hub = await TestHub.start()
  vaultId = (await hub.json<{ items: { id: VaultId }[] }>(hub.get('/api/v1/vaults'))).items[0]?.id as VaultId
  path = `/api/v1/vaults/${vaultId}`
  // While who makes an administrator has no password to be asked for.
  ann = await addPerson(hub, 'admin', 'ann')
})
afterAll(() => hub.stop())

const exportKey = (body: object = {}) => hub.post(`${path}/recovery-key/export`, body)
const vault = () => hub.json<VaultDetails>(hub.get(path))
const unsafe = async () => (await hub.json<{ vaultsWithoutRecoveryKey: string[] }>(hub.get('/api/v1/system'))).vaultsWithoutRecoveryKey
const testWords = (words: string) => hub.json<Tested>(hub.post(`${path}/recovery-key/test`, { words }))

describe('a recovery key', () => {
  let exported: Exported

  test('is shown in one answer that nothing keeps, and counts only when a person says that they have it', async () => {
    expect([await unsafe(), (await vault()).recoveryKey]).toEqual([[vaultId], null])
    const answer = await exportKey()
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([201, 'no-store'])
    exported = (await answer.json()) as Exported
    expect(exported.words).toHaveLength(24)
    expect(await unsafe()).toEqual([vaultId])
    const other = '0'.repeat(32)
    expect(await hub.refusal(hub.post(`${path}/recovery-key/confirm`, { slotId: other }))).toEqual([409, 'vault.wrong-key'])
    const confirmed = await hub.json<VaultDetails>(hub.post(`${path}/recovery-key/confirm`, { slotId: exported.slotId }))
    expect(confirmed).toMatchObject({ recoveryKeyExported: true, recoveryKey: { exportedBy: 'Administrator' } })
    expect(await unsafe()).toEqual([])
  })

  test('opens the vault from its store alone, and a new hub on another machine by it', async () => {
    const away = await mkdtemp(join(tmpdir(), 'holdfast-away-'))
    try {
      await cp(join(hub.dataDir, 'store'), away, { recursive: true })
      const words = exported.words.join(' ')
      const opened = await openVault(await openDirectoryStore(join(away, vaultId)), { kind: 'recovery-words', words })
      expect(opened.file.vaultId).toBe(vaultId)
      const [storeUrl, secret] = [pathToFileURL(away).href, randomBytes(32)]
      const kit = `Holdfast recovery kit\n\n${exported.words.map((word, index) => `${index + 1}. ${word}`).join('\n')}\n`
      const kept = { text: kit, vaultId: null, secret }
      await expect(useRecoveryWords(storeUrl, { ...kept, text: await makeRecoveryWords() })).rejects.toMatchObject({
        code: 'vault.wrong-key',
      })
      await expect(
        useRecoveryWords(storeUrl, { ...kept, vaultId: VaultId.parse('11111111-1111-4111-8111-111111111111') }),
      ).rejects.toMatchObject({ code: 'vault.not-found' })
      expect(await useRecoveryWords(storeUrl, { ...kept, secret: null })).toEqual([{ vaultId, hubSlot: 'not-asked' }])
      expect(await useRecoveryWords(storeUrl, kept)).toEqual([{ vaultId, hubSlot: 'added' }])
      expect(await useRecoveryWords(storeUrl, kept)).toEqual([{ vaultId, hubSlot: 'before' }])
      await openVault(await openDirectoryStore(join(away, vaultId)), { kind: 'hub-secret', secret })
    } finally {
      await rm(away, { recursive: true })
    }
  })

  test('gives a vault to a new hub although other key slots, and another vault beside it, are damaged', async () => {
    const away = await mkdtemp(join(tmpdir(), 'holdfast-damaged-'))
    try {
      await cp(join(hub.dataDir, 'store'), away, { recursive: true })
      const beside = VaultId.parse('00000000-0000-4000-8000-000000000000')
      await cp(join(away, vaultId), join(away, beside), { recursive: true })
      const slots = (await readdir(join(away, beside, 'keys'))).sort()
      for (const slot of slots) await truncate(join(away, beside, 'keys', slot), 20)
      const own = slots.filter((slot) => slot !== exported.slotId)
      expect(own.length).toBeGreaterThan(0)
      for (const slot of own) await truncate(join(away, vaultId, 'keys', slot), 20)
      const [storeUrl, secret] = [pathToFileURL(away).href, randomBytes(32)]
      const kept = { text: exported.words.join(' '), vaultId: null, secret }
      expect(await useRecoveryWords(storeUrl, kept)).toEqual([{ vaultId, hubSlot: 'added' }])
      await openVault(await openDirectoryStore(join(away, vaultId)), { kind: 'hub-secret', secret })
      // No words of the sound one, and a slot nobody can read: not called wrong.
      await expect(useRecoveryWords(storeUrl, { ...kept, vaultId: beside })).rejects.toMatchObject({ code: 'vault.corrupt' })
    } finally {
      await rm(away, { recursive: true })
    }
  })

  test('that was kept is tried, and what is wrong with it is said', async () => {
    const { words } = exported
    expect(await testWords(words.join(' '))).toEqual({ opens: true, problem: null, wordCount: 24, unknownWords: [] })
    expect(await testWords(words.map((word, index) => `${index + 1}) ${word.toUpperCase()}`).join('\n'))).toMatchObject({ opens: true })
    expect(await testWords(words.slice(0, 23).join(' '))).toMatchObject({ opens: false, problem: 'count', wordCount: 23 })
    expect(await testWords(['abondon', ...words.slice(1)].join(' '))).toMatchObject({ problem: 'word', unknownWords: [1] })
    expect(await testWords(await makeRecoveryWords())).toMatchObject({ opens: false, problem: 'other-vault' })
    const turned = [...words].toReversed().join(' ')
    expect((await testWords(turned)).opens).toBe(false)
  })

  test('is given to nobody who cannot say the account\u2019s password, and guesses are slowed down', async () => {
    const person = { name: 'Ada', email: 'ada@example.org', password: 'correct horse battery' }
    await hub.json(hub.post('/api/v1/me/credentials', person, undefined, 'PUT'))
    const before = await readdir(join(hub.dataDir, 'store', vaultId, 'keys'))
    expect(await hub.refusal(exportKey())).toEqual([401, 'sign-in.failed'])
    expect(await hub.refusal(exportKey({ currentPassword: 'wrong' }))).toEqual([401, 'sign-in.failed'])
    const operator = await addPerson(hub, 'operator')
    expect(await hub.refusal(hub.post(`${path}/recovery-key/export`, {}, operator.cookie))).toEqual([403, 'access.denied'])
    expect(await readdir(join(hub.dataDir, 'store', vaultId, 'keys'))).toEqual(before)
    expect((await exportKey({ currentPassword: person.password })).status).toBe(201)
    let last: [number, string] = [0, '']
    for (let guess = 0; guess < 12 && last[1] !== 'sign-in.throttled'; guess++)
      last = await hub.refusal(exportKey({ currentPassword: `guess ${guess}` }))
    expect(last).toEqual([429, 'sign-in.throttled'])
    // An older key opens the vault as well as the newest.
    expect(await testWords(exported.words.join(' '))).toMatchObject({ opens: true })
  })

  test('is on record with who asked for it, and its words are nowhere in the hub\u2019s data', async () => {
    const [line] = (await auditOf(hub, 'action=exportRecoveryKey&limit=100')).filter(({ details }) => details['slotId'] === exported.slotId)
    expect(line).toMatchObject({ outcome: 'done', actor: { kind: 'person' }, details: { slotId: exported.slotId } })
    const lines = await auditOf(hub, 'limit=100')
    const about = lines
      .filter(({ action }) => action.endsWith('RecoveryKey'))
      .map(({ action, outcome, object }) => [action, outcome, object?.id])
    expect(about).toContainEqual(['exportRecoveryKey', 'done', vaultId])
    expect(about).toContainEqual(['exportRecoveryKey', 'refused', vaultId])
    expect(about).toContainEqual(['confirmRecoveryKey', 'done', vaultId])
    expect(about).toContainEqual(['testRecoveryKey', 'done', vaultId])
    const dump = await hub.sql('select row_to_json(a)::text as row from audit_entry a')
    // Three words in a row of a list of 2,048 do not meet by chance.
    const trace = exported.words.slice(0, 3)
    const traces = [trace.join(' '), trace.join('","')]
    for (const found of traces) expect(JSON.stringify(dump)).not.toContain(found)
    for (const name of await readdir(hub.dataDir, { recursive: true, withFileTypes: true }))
      if (name.isFile()) {
        const bytes = await readFile(join(name.parentPath, name.name))
        for (const found of traces) expect(bytes.includes(found)).toBe(false)
      }
  })
})

test('words leave the hub only when it is on record that they do', async () => {
  const ask = () => hub.post(`${path}/recovery-key/export`, {}, ann.cookie)
  await hub.sql(`create function refuse_lines() returns trigger language plpgsql as $$ begin raise exception 'no line'; end $$`)
  await hub.sql('create trigger refuse_lines before insert on audit_entry execute function refuse_lines()')
  const answer = await ask()
  expect([answer.status, await answer.text()]).toEqual([500, expect.not.stringContaining('words')])
  await hub.sql('drop function refuse_lines cascade')
  expect((await ask()).status).toBe(201)
})

describe('who may know where a vault is', () => {
  test('is who administers the hub; figures are for everybody', async () => {
    const viewer = await addPerson(hub, 'viewer')
    const [seen, own] = [await hub.json<VaultDetails>(hub.get(path, viewer.cookie)), await vault()]
    expect([seen.store.place, own.store.place]).toEqual([null, join(hub.dataDir, 'store', vaultId)])
    expect(seen.store).toMatchObject({ isReachable: true, freeBytes: expect.any(Number) })
    expect(await hub.json(hub.get(`${path}/usage`, viewer.cookie))).toMatchObject({ vaultId, snapshots: 0 })
    expect(await hub.refusal(hub.get('/api/v1/vaults/11111111-1111-4111-8111-111111111111'))).toEqual([404, 'vault.not-found'])
  })
})
