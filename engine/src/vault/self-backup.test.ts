import { randomBytes, randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { selfBackupFolder, selfBackupKey } from '../format/index.ts'
import { fsck } from '../maintenance/index.ts'
import { MemoryStore } from '../store/index.ts'
import { createVault, openVault, type Vault } from './open-vault.ts'
import { deleteSelfBackup, listSelfBackups, readSelfBackup, writeSelfBackup } from './self-backup.ts'

const secret = { kind: 'hub-secret', secret: new Uint8Array(32).fill(7) } as const

async function aVault(): Promise<{ store: MemoryStore; vault: Vault }> {
  const store = new MemoryStore()
  const vault = await createVault(store, {
    vaultId: randomUUID(),
    domainId: randomUUID(),
    kind: 'managed',
    createdAtMs: 1,
    secrets: [secret],
  })
  return { store, vault }
}
async function* piecesOf(...pieces: Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield await Promise.resolve(piece)
}
async function allOf(vault: Vault, name: { createdAtMs: number; id: string }): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of readSelfBackup(vault, name)) parts.push(part)
  return Buffer.concat(parts)
}
const replace = async (store: MemoryStore, key: string, bytes: Uint8Array): Promise<void> => {
  await store.delete(key)
  await store.put(key, bytes)
}
const isSound = async (store: MemoryStore, vault: Vault): Promise<boolean> => (await fsck(store, { vault, readData: false })).ok

test('gives back what was written, in as many parts as it takes, to whoever opens the vault', async () => {
  const { store, vault } = await aVault()
  const pieces = [randomBytes(3_000_000), randomBytes(3_000_000), Buffer.from('the end')]
  const written = await writeSelfBackup(vault, { createdAtMs: 1234, pieces: piecesOf(...pieces) })
  expect(written).toMatchObject({ createdAtMs: 1234, parts: 2, isWhole: true })
  expect(await listSelfBackups(store)).toEqual([written])
  expect((await allOf(await openVault(store, secret), written)).equals(Buffer.concat(pieces))).toBe(true)
  expect(await isSound(store, vault)).toBe(true)
})

test('an empty one is one part, and is whole', async () => {
  const { vault } = await aVault()
  const written = await writeSelfBackup(vault, { createdAtMs: 5, pieces: piecesOf() })
  expect(written.parts).toBe(1)
  expect(await allOf(vault, written)).toHaveLength(0)
})

test('what broke off is listed as unfinished, restores nothing, and is no finding while it is the newest', async () => {
  const { store, vault } = await aVault()
  async function* breaking(): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(randomBytes(5_000_000))
    throw new Error('the database is gone')
  }
  await expect(writeSelfBackup(vault, { createdAtMs: 9, pieces: breaking() })).rejects.toThrow('the database is gone')
  const [unfinished] = await listSelfBackups(store)
  expect(unfinished).toMatchObject({ isWhole: false, parts: 1 })
  await expect(allOf(vault, unfinished!)).rejects.toMatchObject({ code: 'store.not-found' })
  expect(await isSound(store, vault)).toBe(true)
  await writeSelfBackup(vault, { createdAtMs: 10, pieces: piecesOf() })
  expect((await fsck(store, { vault, readData: false })).problems).toMatchObject([{ code: 'self-backup.incomplete' }])
  await deleteSelfBackup(store, unfinished!)
  expect(await isSound(store, vault)).toBe(true)
})

test('a flipped bit anywhere, a part cut short, swapped or lost is found, and never restored as right', async () => {
  const { store, vault } = await aVault()
  const written = await writeSelfBackup(vault, { createdAtMs: 3, pieces: piecesOf(randomBytes(5_000_000), Buffer.from('x')) })
  await writeSelfBackup(vault, { createdAtMs: 4, pieces: piecesOf(Buffer.from('newer')) })
  const keys = [0, 1].map((part) => selfBackupKey(written, part))
  const [first, second] = [await store.get(keys[0]!), await store.get(keys[1]!)]
  for (const [key, whole] of [
    [keys[0]!, first],
    [keys[1]!, second],
  ] as const) {
    for (const at of [...Array.from({ length: 64 }, (_, index) => index), 64, whole.length - 1]) {
      const flipped = Uint8Array.from(whole)
      flipped[at]! ^= 1
      await replace(store, key, flipped)
      expect(await isSound(store, vault), `byte ${at}`).toBe(false)
      await expect(allOf(vault, written), `byte ${at}`).rejects.toThrow()
    }
    await replace(store, key, whole.subarray(0, whole.length - 1))
    expect(await isSound(store, vault)).toBe(false)
    await store.delete(key)
    expect(await isSound(store, vault)).toBe(false)
    await store.put(key, whole)
  }
  await replace(store, keys[0]!, second)
  await replace(store, keys[1]!, first)
  expect(await isSound(store, vault)).toBe(false)
  await replace(store, keys[0]!, first)
  await replace(store, keys[1]!, second)
  expect(await isSound(store, vault)).toBe(true)
})

test('nobody without the vault\u2019s key can read it, and another vault\u2019s parts are refused', async () => {
  const [one, other] = [await aVault(), await aVault()]
  const written = await writeSelfBackup(one.vault, { createdAtMs: 3, pieces: piecesOf(Buffer.from('password-hash')) })
  const key = selfBackupKey(written, 0)
  const bytes = await one.store.get(key)
  expect(Buffer.from(bytes).includes('password-hash')).toBe(false)
  await other.store.put(key, bytes)
  await expect(allOf(other.vault, written)).rejects.toMatchObject({ code: 'self-backup.invalid' })
})

test('strange names among them are left out of the list, and found by the check', async () => {
  const { store, vault } = await aVault()
  await store.put('h/strange', randomBytes(3))
  await store.put(`${selfBackupFolder({ createdAtMs: 1, id: 'ab'.repeat(16) })}000000`, randomBytes(100))
  expect(await listSelfBackups(store)).toMatchObject([{ isWhole: false }])
  expect((await fsck(store, { vault, readData: false })).problems.map(({ code }) => code)).toEqual([
    'self-backup.invalid',
    'self-backup.invalid',
  ])
})

test('a revocation stays as it was first written, and a changed one is found', async () => {
  const { store, vault } = await aVault()
  const agentId = randomUUID()
  await vault.addRevocation({ agentId, revokedAtMs: 5 })
  await vault.addRevocation({ agentId, revokedAtMs: 6 })
  expect(await vault.readRevocation(agentId)).toEqual({ agentId, revokedAtMs: 5 })
  const revoked: string[] = []
  for await (const id of vault.revokedAgentIds()) revoked.push(id)
  expect(revoked).toEqual([agentId])
  expect(await isSound(store, vault)).toBe(true)
  const key = `r/${agentId}`
  const changed = Buffer.from(
    Buffer.from(await store.get(key))
      .toString()
      .replace(':5,', ':7,'),
  )
  await replace(store, key, changed)
  expect(await isSound(store, vault)).toBe(false)
})
