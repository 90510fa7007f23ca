// @vitest-environment node
import { browserPrimitives } from '@holdfast/engine/browser'
import { fromBase64Url, toBase64Url } from '@holdfast/engine/bytes'
import { newRecoveryWords, unlockVault } from '@holdfast/engine/unlock'
import { beforeEach, expect, test } from 'vitest'
import { ApiError } from '../../../platform/errors/api-error.ts'
import { SealedVault } from '../../../testing/sealed-vault.ts'
import type { HubAnswers } from './hub-answers.ts'
import { codeOf, context, sure } from './testing/desk.ts'
import { openDesk, type Desk } from './vault-desk.ts'

interface Sent {
  readonly slotId: string
  readonly bytes: string
}

let vault: SealedVault
let words: string
let told: Sent[] = []
/** Slots that were taken away again, and how that was proved. */
let withdrawn: unknown[] = []
/** Thrown in place of the answer of a call, which is carried out all the same. */
let answerLost: { readonly call: string; readonly error: Error } | null = null

/** How a slot that was sent lies in the store: as it came, unless a test says otherwise. */
let keep = ({ slotId, bytes }: Sent): SealedVault['slots'][number] => ({ slotId, kind: 'passphrase', bytes })

const answers: Pick<HubAnswers, 'json'> = {
  async json(call, ask: { readonly params?: unknown; readonly body?: unknown }) {
    const answer = carryOut(call, ask)
    if (answerLost?.call === call) throw answerLost.error
    return answer as never
  },
}

function carryOut(call: string, ask: { readonly params?: unknown; readonly body?: unknown }): unknown {
  if (call === 'getKeyObjects') return { vaultFile: vault.vaultFile, slots: [...vault.slots], agents: vault.agents }
  if (call === 'removeKeySlot') {
    const { slotId } = ask.params as Sent
    withdrawn.push({ slotId, body: ask.body })
    const place = vault.slots.findIndex((slot) => slot.slotId === slotId)
    if (place === -1) throw new ApiError({ code: 'vault.slot-not-found', status: 404 })
    vault.slots.splice(place, 1)
    return {}
  }
  const sent = ask.body as Sent
  told.push(sent)
  vault.slots.push(keep(sent))
  return {}
}

beforeEach(async () => {
  words = await newRecoveryWords(browserPrimitives)
  vault = await SealedVault.make(browserPrimitives, { passphrase: 'seven quiet lamps above the harbour', words })
  told = []
  withdrawn = []
  answerLost = null
})

async function unlocked(): Promise<Desk> {
  const desk = openDesk(browserPrimitives, answers as HubAnswers)
  await desk.unlock({ vaultId: vault.id, secret: words }, context())
  return desk
}

test('keys that are added open the vault too; words only once they are kept', async () => {
  const desk = await unlocked()
  const stored = () => fromBase64Url(sure(vault.slots.at(-1)).bytes)
  const vaultFile = fromBase64Url(vault.vaultFile)
  const added = await desk.addPassphrase({ passphrase: 'another passphrase', currentPassword: 'pw' }, context())
  expect([sure(vault.slots.at(-1)).slotId, told[0]]).toEqual([added.slotId, expect.objectContaining({ currentPassword: 'pw' })])
  await unlockVault(browserPrimitives, { vaultFile, slots: [stored()] }, { kind: 'passphrase', passphrase: 'another passphrase' })
  const before = told.length
  const { words: fresh } = await desk.draftWords({}, context())
  expect(told.length).toBe(before)
  await desk.keepWords({ currentPassword: undefined }, context())
  await unlockVault(browserPrimitives, { vaultFile, slots: [stored()] }, { kind: 'recovery-words', words: fresh.join(' ') })
  expect(await codeOf(desk.keepWords({ currentPassword: undefined }, context()))).toBe('internal')
})

test('a key that was stored counts only when it has opened the vault, as it lies there', async () => {
  const desk = await unlocked()
  const asItCame = keep
  await desk.draftWords({}, context())
  const add = () => codeOf(desk.keepWords({ currentPassword: undefined }, context()))
  const changed =
    (place: number): typeof keep =>
    (slot) => {
      const bytes = fromBase64Url(slot.bytes)
      bytes.set([sure(bytes[place]) ^ 1], place)
      return { ...asItCame(slot), bytes: toBase64Url(bytes) }
    }
  // Of its seal, of its head, under another id, and in its place one that was there before.
  const wrong = [
    changed(140),
    changed(3),
    (slot: Sent) => ({ ...asItCame(slot), slotId: '' }),
    ({ slotId }: Sent) => ({ ...sure(vault.slots[1]), slotId }),
  ]
  for (keep of wrong) expect(await add()).toBe('vault.slot-unusable')
  keep = asItCame
  expect(await add()).toBe('nothing went wrong')
})

test('what was stored and not proved is taken away again, by the same password: retries leave nothing behind', async () => {
  const desk = await unlocked()
  const add = (currentPassword?: string) => codeOf(desk.addPassphrase({ passphrase: 'another passphrase', currentPassword }, context()))
  const before = [...vault.slots]
  const asItCame = keep
  keep = (slot) => ({ ...asItCame(slot), bytes: sure(before[0]).bytes })
  expect(await add('pw')).toBe('vault.slot-unusable')
  expect(vault.slots).toEqual(before)
  keep = asItCame
  // Refused while it was read back, or without an answer while it was stored.
  for (const [call, error] of [
    ['getKeyObjects', new ApiError({ code: 'rate.limited', status: 429 })],
    ['addKeySlot', new ApiError({ code: 'hub.unreachable' })],
  ] as const) {
    answerLost = { call, error }
    expect(await add()).toBe(error.code)
    expect(vault.slots).toEqual(before)
  }
  expect(withdrawn).toEqual(told.map(({ slotId }, index) => ({ slotId, body: index === 0 ? { currentPassword: 'pw' } : {} })))
  // It may not be there, or the hub away for this as well: what went wrong first is what is told.
  answerLost = { call: 'removeKeySlot', error: new ApiError({ code: 'hub.unreachable' }) }
  keep = (slot) => ({ ...asItCame(slot), slotId: '' })
  expect(await add()).toBe('vault.slot-unusable')
  keep = asItCame
})

test('a wrong password is sent once', async () => {
  const desk = await unlocked()
  answerLost = { call: 'addKeySlot', error: new ApiError({ code: 'sign-in.failed', status: 401 }) }
  expect(await codeOf(desk.addPassphrase({ passphrase: 'another passphrase', currentPassword: 'mistyped' }, context()))).toBe(
    'sign-in.failed',
  )
  expect([told.length, withdrawn]).toEqual([1, []])
})
