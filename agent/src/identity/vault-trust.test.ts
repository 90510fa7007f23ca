import { randomBytes, randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { DomainId, VaultId } from '@holdfast/shared-types'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { aFolder, type TestFolder } from '../../test/an-agent.ts'
import { agentFolders, type AgentFolders } from '../state/agent-folders.ts'
import { readVaultPin, writeVaultPin } from './vault-pin.ts'
import { VaultTrust, type OfferedKeys } from './vault-trust.ts'

let folder: TestFolder
let folders: AgentFolders
const vaultId = VaultId.parse(randomUUID())
const other = VaultId.parse(randomUUID())
const fingerprint = '3f2a-6c1e-0d4b-4c7a-9b7e'

beforeEach(() => {
  folder = aFolder()
  folders = agentFolders(folder.path)
})
afterEach(() => {
  folder.remove()
})

const someKeys = (changes: Partial<OfferedKeys> = {}): OfferedKeys => ({
  vaultId,
  vaultKind: 'private',
  domainId: DomainId.parse(randomUUID()),
  keyEpoch: 1,
  sealedDomainKeys: randomBytes(177),
  fingerprint,
  ...changes,
})
const load = (vaultKind?: 'managed' | 'private'): Promise<VaultTrust> => VaultTrust.load(folders, { vaultId, vaultKind })
const changed = { code: 'vault.keys-changed' }

test('the first keys of a private vault are kept in mind over restarts, for the owner alone to read', async () => {
  const trust = await load()
  expect(trust.isPrivate).toBe(false)
  const keys = someKeys()
  await trust.accept(keys)
  expect(trust.isPrivate).toBe(true)
  const again = await load()
  expect(again.isPrivate).toBe(true)
  expect(again.pin).toEqual({
    version: 1,
    vaultId,
    kind: 'private',
    fingerprint,
    keys: { domainId: keys.domainId, keyEpoch: 1, sealedDomainKeys: Buffer.from(keys.sealedDomainKeys).toString('base64url') },
  })
  // The same keys in another box: a hub that was made anew from the vault seals nothing, but says the same.
  await again.accept(someKeys())
  expect(statSync(folders.vaultPinFile).mode & 0o777).toBe(0o600)
})

test.each<[string, Partial<OfferedKeys>]>([
  ['other keys', { fingerprint: '0000-0000-0000-0000-0000' }],
  ['another vault', { vaultId: other }],
  ['a managed vault', { vaultKind: 'managed' }],
  ['another vault with the same keys, managed', { vaultId: other, vaultKind: 'managed' }],
])('%s are refused from then on, and change nothing', async (_, offered) => {
  await (await load()).accept(someKeys())
  const before = readFileSync(folders.vaultPinFile, 'utf8')
  const trust = await load()
  await expect(trust.accept(someKeys(offered))).rejects.toMatchObject(changed)
  expect(readFileSync(folders.vaultPinFile, 'utf8')).toBe(before)
  await trust.accept(someKeys())
})

test('a fingerprint that was said at enrolment is believed before the first keys', async () => {
  await writeVaultPin(folders, { version: 1, vaultId, kind: 'private', fingerprint, keys: null })
  const trust = await load('private')
  expect(trust.isPrivate).toBe(true)
  await expect(trust.accept(someKeys({ fingerprint: 'ffff-ffff-ffff-ffff-ffff' }))).rejects.toMatchObject(changed)
  await trust.accept(someKeys())
  expect((await load('private')).pin?.keys).not.toBeNull()
})

test('a managed vault is not pinned: its hub has the keys anyway', async () => {
  const trust = await load('managed')
  await trust.accept(someKeys({ vaultKind: 'managed' }))
  await trust.accept(someKeys({ vaultKind: 'managed', fingerprint: '0000-0000-0000-0000-0000' }))
  expect(trust.isPrivate).toBe(false)
  expect(readdirSync(folder.path)).toEqual([])
})

test('a managed device is let into no other vault by the hub’s word that it is private', async () => {
  const trust = await load('managed')
  await expect(trust.accept(someKeys({ vaultId: other }))).rejects.toMatchObject(changed)
})

test('of runs that begin together one pins, and the other has to be of the same keys', async () => {
  const trust = await load()
  const ends = await Promise.allSettled([trust.accept(someKeys()), trust.accept(someKeys({ fingerprint: '0000-0000-0000-0000-0000' }))])
  expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
  expect((await readVaultPin(folders))?.fingerprint).toBe(fingerprint)
})

test('a file that was cut short at any byte is refused, and forgets nothing', async () => {
  await (await load()).accept(someKeys())
  const whole = readFileSync(folders.vaultPinFile)
  // The last byte is the end of the line: without it all is there.
  for (let length = 0; length < whole.length - 1; length += 1) {
    writeFileSync(folders.vaultPinFile, whole.subarray(0, length))
    await expect(load(), `${length} of ${whole.length} bytes`).rejects.toMatchObject({ code: 'agent.identity-invalid' })
  }
})

test('a device that was enrolled in a private vault does not take a lost pin for a managed vault', async () => {
  await expect(load('private')).rejects.toMatchObject({ code: 'agent.identity-invalid' })
})

test('keys that cannot be pinned are not used, and nothing that leaves names a file from then on', async () => {
  const trust = await load()
  rmSync(folder.path, { recursive: true })
  await expect(trust.accept(someKeys())).rejects.toMatchObject({ code: 'settings.invalid' })
  expect(trust.isPrivate).toBe(true)
  mkdirSync(folder.path)
  expect(readdirSync(folder.path)).toEqual([])
  await trust.accept(someKeys())
  expect((await load()).pin?.keys).not.toBeNull()
})
