import type { AgentId, DomainId, VaultId } from '@holdfast/shared-types'
import { effectScope, nextTick, shallowRef, type EffectScope } from 'vue'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ApiError } from '../../platform/errors/api-error.ts'
import { useComparedDevice } from './compared-device.ts'
import { keepOpen, lockAll, type OpenVault } from './room/open-rooms.ts'
import type { VaultRoom } from './room/vault-room.ts'
import type { WaitingDevice } from './waiting-devices.ts'

const vaultId = '00000000-0000-4000-8000-00000000000a' as VaultId
const withKeys = (keys: string): WaitingDevice => ({
  agentId: '00000000-0000-4000-8000-00000000000b' as AgentId,
  name: 'laptop',
  domainId: '00000000-0000-4000-8000-00000000000c' as DomainId,
  signPublicKey: keys,
  boxPublicKey: keys,
  boxSignature: keys,
  fingerprint: 'as the hub says',
  enrolledAtMs: 1,
})

/** Answers fingerprints when the test says so, and keeps what is let in. */
class StubRoom {
  readonly isBusy = false
  readonly approved: unknown[] = []
  #answers: (() => void)[] = []
  #failures: ((error: ApiError) => void)[] = []
  call(call: string, ask: { readonly device: WaitingDevice }): Promise<unknown> {
    if (call === 'approveDevice') {
      this.approved.push(ask)
      return Promise.resolve(null)
    }
    return new Promise((resolve, reject) => {
      this.#answers.push(() => resolve({ fingerprint: `of ${ask.device.boxPublicKey}` }))
      this.#failures.push(reject)
    })
  }
  async answerLast(): Promise<void> {
    this.#answers.pop()?.()
    await settled()
  }
  async failLast(code: string): Promise<void> {
    this.#failures.pop()?.(new ApiError({ code }))
    await settled()
  }
  lock(): void {
    this.#answers = []
  }
}
const settled = async () => {
  for (let turn = 0; turn < 5; turn++) await nextTick()
}

let effects: EffectScope
let room: StubRoom
let opened: OpenVault
beforeEach(() => {
  effects = effectScope()
  room = new StubRoom()
  opened = { room: room as unknown as VaultRoom, fingerprint: '' }
  keepOpen(vaultId, opened)
})
afterEach(() => {
  effects.stop()
  lockAll()
})

function compare(device: Readonly<{ value: WaitingDevice }>) {
  const compared = effects.run(() =>
    useComparedDevice(
      vaultId,
      () => device.value,
      () => opened,
    ),
  )
  if (compared === undefined) throw new Error('The scope has ended.')
  return compared
}

test('keys that come in the place of compared ones are compared anew, and never let in by the word that was given', async () => {
  const device = shallowRef(withKeys('own keys'))
  const { compared, isSame, hasChanged, approve } = compare(device)
  await room.answerLast()
  expect(compared.value?.fingerprint).toBe('of own keys')
  isSame.value = true
  // In the same turn as the press: nothing on the screen is another yet.
  device.value = withKeys('keys of the hub')
  await approve()
  expect(room.approved).toEqual([{ device: withKeys('own keys'), fingerprint: 'of own keys' }])
  await settled()
  expect([compared.value, isSame.value, hasChanged.value]).toEqual([null, false, true])
  await room.answerLast()
  expect(compared.value?.fingerprint).toBe('of keys of the hub')
  await approve()
  expect(room.approved).toHaveLength(1)
})

test('a list that is read anew and says the same takes no word back', async () => {
  const device = shallowRef(withKeys('own keys'))
  const { isSame, hasChanged } = compare(device)
  await room.answerLast()
  isSame.value = true
  device.value = withKeys('own keys')
  await settled()
  expect([isSame.value, hasChanged.value]).toEqual([true, false])
})

test('the fingerprint of keys that are gone again is not shown for others, however late it comes', async () => {
  const device = shallowRef(withKeys('own keys'))
  const { compared } = compare(device)
  device.value = withKeys('keys of the hub')
  await settled()
  await room.answerLast()
  expect(compared.value?.fingerprint).toBe('of keys of the hub')
  await room.answerLast()
  expect(compared.value).toEqual({ device: withKeys('keys of the hub'), fingerprint: 'of keys of the hub' })
})

test('a word that was given before there was a fingerprint is of nothing', async () => {
  const { isSame, approve } = compare(shallowRef(withKeys('own keys')))
  isSame.value = true
  await room.answerLast()
  expect(isSame.value).toBe(false)
  await approve()
  expect(room.approved).toEqual([])
})

test.each([
  ['told, until other keys come', 'vault.corrupt', 'vault.corrupt'],
  ['not told where the vault was locked meanwhile', 'vault.private', undefined],
])('why there is nothing to compare is %s', async (_, code, told) => {
  const device = shallowRef(withKeys('no keys'))
  const { compared, error } = compare(device)
  await room.failLast(code)
  expect([compared.value, (error.value as ApiError | null)?.code]).toEqual([null, told])
  device.value = withKeys('own keys')
  await settled()
  expect(error.value).toBeNull()
  await room.answerLast()
  expect(compared.value?.fingerprint).toBe('of own keys')
})
