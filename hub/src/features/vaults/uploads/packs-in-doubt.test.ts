import { PackId, VaultId } from '@holdfast/shared-types'
import { fromHex } from '@holdfast/engine/bytes'
import { packKey, vaultFileKey } from '@holdfast/engine/format'
import { beforeEach, expect, test } from 'vitest'
import { checkVault } from '../checking/check-vault.ts'
import { PacksInDoubt } from './packs-in-doubt.ts'

const vaultA = VaultId.parse('11111111-1111-4111-8111-111111111111')
const vaultB = VaultId.parse('22222222-2222-4222-8222-222222222222')
const packId = PackId.parse('0123456789abcdef0123456789abcdef')

/** Of each store: the pack never came, the rest is there. */
let head: (vaultId: VaultId, key: string) => Promise<object | null> | object | null
let packsInDoubt: PacksInDoubt

beforeEach(() => {
  head = (_, key) => (key === vaultFileKey ? { sizeBytes: 1 } : null)
  const get = (id: VaultId) => ({ id, store: { head: async (key: string) => head(id, key) } })
  packsInDoubt = new PacksInDoubt({ vaults: { get } } as never)
})

test('an upload that fails while an earlier one is looked into is looked into itself', async () => {
  packsInDoubt.note(vaultA, packId)
  let looks = 0
  head = (_, key) => {
    if (key === packKey(fromHex(packId))) looks++
    // The pack was not there; now it is sent again, stored, and its row fails.
    else if (looks === 1) packsInDoubt.note(vaultA, packId)
    return key === vaultFileKey ? { sizeBytes: 1 } : null
  }
  await packsInDoubt.settle(vaultA)
  expect([looks, packsInDoubt.ofVault(vaultA).size]).toEqual([1, 1])
  await packsInDoubt.settle(vaultA)
  expect([looks, packsInDoubt.ofVault(vaultA).size]).toEqual([2, 0])
})

test('a disk that hangs keeps the doubts of its own vault only, and its check for no longer than that goes on', async () => {
  head = (vaultId, key) => (vaultId === vaultB ? new Promise(() => undefined) : key === vaultFileKey ? { sizeBytes: 1 } : null)
  for (const vaultId of [vaultB, vaultA]) packsInDoubt.note(vaultId, packId)
  const stopping = new AbortController()
  const task = { readData: false, signal: stopping.signal, onStart: () => undefined }
  const checked = checkVault({ packsInDoubt } as never, { id: vaultB } as never, task)
  await packsInDoubt.settle(vaultA)
  expect([packsInDoubt.ofVault(vaultA).size, packsInDoubt.ofVault(vaultB).size]).toEqual([0, 1])
  stopping.abort()
  await expect(checked).rejects.toMatchObject({ code: 'cancelled' })
})
