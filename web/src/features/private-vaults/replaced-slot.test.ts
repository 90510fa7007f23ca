import type { VaultId } from '@holdfast/shared-types'
import { afterEach, expect, test, vi } from 'vitest'
import { useReplacedSlot } from './replaced-slot.ts'

const vaultId = '00000000-0000-4000-8000-00000000000a' as VaultId
const old = { slotId: 'ab'.repeat(16), kind: 'passphrase', bytes: 'b2xk' } as const

afterEach(() => void vi.unstubAllGlobals())

function aCard(status: number) {
  const asked = vi.fn(async (_address: string, _init: RequestInit) => {
    const body = status < 400 ? {} : { type: 'x', title: 'x', status, code: 'vault.slot-needed', detail: 'No.', cure: 'Stay.' }
    return Response.json(body, { status, headers: { 'content-type': status < 400 ? 'application/json' : 'application/problem+json' } })
  })
  vi.stubGlobal('fetch', asked)
  const load = vi.fn(async () => undefined)
  return { asked, load, ...useReplacedSlot(vaultId, load) }
}

test('the old one goes by the password that added the new one, and the list is read anew', async () => {
  const { begin, finish, asked, load, replaceError } = aCard(200)
  begin(old)
  await finish('of the account')
  expect(asked.mock.calls.map(([address, { body }]) => [address, body])).toEqual([
    [expect.stringContaining(`/vaults/${vaultId}/key-slots/${old.slotId}/remove`), JSON.stringify({ currentPassword: 'of the account' })],
  ])
  expect([load.mock.calls.length, replaceError.value]).toEqual([1, null])
})

test('where the old one stays, that is told until somebody begins anew, and the list has both', async () => {
  const { begin, finish, load, replaceError } = aCard(409)
  begin(old)
  await finish(undefined)
  expect(replaceError.value).toMatchObject({ code: 'vault.slot-needed' })
  expect(load).toHaveBeenCalledTimes(1)
  begin(null)
  expect(replaceError.value).toBeNull()
})

test('one more takes nothing away', async () => {
  const { begin, finish, asked, load } = aCard(200)
  begin(null)
  await finish(undefined)
  expect([asked.mock.calls.length, load.mock.calls.length]).toEqual([0, 1])
})
