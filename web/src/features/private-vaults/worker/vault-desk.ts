import { fromBase64Url, toBase64Url, toHex } from '@holdfast/engine/bytes'
import {
  createVaultObjects,
  newRecoveryWords,
  openWithKept,
  unlockVault,
  type PersonsSecret,
  type UnlockPrimitives,
  type VaultKeys,
  type VaultObjects,
} from '@holdfast/engine/unlock'
import { EngineError } from '@holdfast/engine/errors'
import type { Api, BodyOfRoute, DomainId, ResponseOf, VaultId } from '@holdfast/shared-types'
import { ApiError } from '../../../platform/errors/api-error.ts'
import type { AnswerOf, AskOf, RoomCall } from '../room/room-calls.ts'
import type { HubAnswers } from './hub-answers.ts'
import { OpenedVault } from './opened-vault.ts'
import { sendParts } from './send-parts.ts'

type KeyObjects = ResponseOf<Api['getKeyObjects']>

export interface CallContext {
  readonly signal: AbortSignal
  readonly tellProgress: (bytes: number) => void
}

/** How each call of the page is answered. */
export type Desk = { readonly [K in RoomCall]: (ask: AskOf<K>, context: CallContext) => Promise<AnswerOf<K>> }

/** Answers the page. Holds at most one vault: what is drafted and not stored, or what is open. */
// oxlint-disable-next-line max-lines-per-function -- a table of calls over one state; each is a line or two
export function openDesk(primitives: UnlockPrimitives, hub: HubAnswers): Desk {
  let draft: VaultObjects | null = null
  let draftedWords: string | null = null
  let opened: OpenedVault | null = null

  const vault = (): OpenedVault => {
    if (opened === null) throw new ApiError({ code: 'vault.private' })
    return opened
  }
  const addSlot = async (secret: PersonsSecret, currentPassword: string | undefined) => {
    const { keys, id: vaultId } = vault()
    const { slotId, bytes } = await keys.addSlot(secret)
    const body = { slotId: toHex(slotId), bytes: toBase64Url(bytes), currentPassword }
    let isStored = false
    try {
      await hub.json('addKeySlot', { params: { vaultId }, body })
      isStored = true
      // Tried as it lies in the store by now: whoever asked may take the old one away next.
      const stored = (await hub.json('getKeyObjects', { params: { vaultId } })).slots.find((slot) => slot.slotId === body.slotId)
      if (stored === undefined || !(await keys.isOpenedBy(fromBase64Url(stored.bytes), secret)))
        throw new ApiError({ code: 'vault.slot-unusable' })
    } catch (error) {
      if (isStored || !isRefused(error)) await withdrawSlot(hub, vaultId, body)
      throw error
    }
    return { slotId: body.slotId }
  }

  return {
    async draft({ passphrase }) {
      const words = await newRecoveryWords(primitives)
      const vaultId = crypto.randomUUID() as VaultId
      draft = await createVaultObjects(primitives, {
        vaultId,
        domainId: crypto.randomUUID(),
        kind: 'private',
        createdAtMs: Date.now(),
        secrets: [
          { kind: 'passphrase', passphrase },
          { kind: 'recovery-words', words },
        ],
      })
      const fingerprint = await new OpenedVault(primitives, hub, draft.keys).fingerprint()
      return { vaultId, words: words.split(' '), fingerprint }
    },
    async create({ name, currentPassword }) {
      if (draft === null) throw new EngineError('invariant.broken', 'A vault is drafted before it is stored.')
      const created = await hub.json('createVault', { body: { name, ...bodyOf(draft), currentPassword } })
      opened = new OpenedVault(primitives, hub, draft.keys)
      draft = null
      return created
    },
    async unlock({ vaultId, secret }) {
      const keys = await unlock(primitives, await hub.json('getKeyObjects', { params: { vaultId } }), secret)
      if (keys.file.vaultId !== vaultId || keys.file.kind !== 'private')
        throw new EngineError('vault.invalid', 'The hub sent the objects of another vault.')
      opened = new OpenedVault(primitives, hub, keys)
      return { fingerprint: await opened.fingerprint() }
    },
    list: async ({ path, after, limit, ...of }) => (await vault().snapshot(of)).list(path, { after, limit }),
    describe: async (of) => (await vault().snapshot(of)).describe(),
    async readStart({ path, mostBytes, ...of }, { signal }) {
      const { bytes } = await (await vault().snapshot(of)).download({ kind: 'file', path }, signal)
      return firstBytes(bytes, mostBytes)
    },
    async downloadSize({ choice, ...of }, { signal }) {
      const { sizeBytes, bytes } = await (await vault().snapshot(of)).download(choice, signal)
      await bytes.return(undefined)
      return { sizeBytes }
    },
    async download({ choice, port, ...of }, { signal, tellProgress }) {
      const { bytes } = await (await vault().snapshot(of)).download(choice, signal)
      return { bytes: await sendParts(port, bytes, { signal, tell: tellProgress }) }
    },
    deviceFingerprint: async ({ device }) => ({ fingerprint: await vault().deviceFingerprint(device) }),
    async approveDevice({ device, fingerprint }) {
      await vault().approve(device, fingerprint)
      return null
    },
    addPassphrase: ({ passphrase, currentPassword }) => addSlot({ kind: 'passphrase', passphrase }, currentPassword),
    async draftWords() {
      draftedWords = await newRecoveryWords(primitives)
      return { words: draftedWords.split(' ') }
    },
    async keepWords({ currentPassword }) {
      if (draftedWords === null) throw new EngineError('invariant.broken', 'Words are drafted before they are kept.')
      const answer = await addSlot({ kind: 'recovery-words', words: draftedWords }, currentPassword)
      draftedWords = null
      return answer
    },
    sealRestore: async ({ agentId, restore }) => ({ sealedSelection: await vault().sealRestore(agentId, restore) }),
  }
}

/** The hub took nothing, of a wrong password perhaps: to ask with it again would count against who mistyped it. Where no answer came, it may have been stored. */
const isRefused = (error: unknown): boolean => error instanceof ApiError && error.status >= 400 && error.status < 500

type SlotBody = BodyOfRoute<Api['addKeySlot']>

/** A slot that nobody has proved is not to lie there as one of its kind, as if another could go for it. As far as the hub can be asked. */
async function withdrawSlot(hub: HubAnswers, vaultId: VaultId, { slotId, currentPassword }: SlotBody): Promise<void> {
  await hub.json('removeKeySlot', { params: { vaultId, slotId }, body: { currentPassword } }).catch(() => undefined)
}

const bodyOf = ({ vaultFile, slots, hubKey, keys }: VaultObjects): Omit<BodyOfRoute<Api['createVault']>, 'name'> => ({
  vaultId: keys.file.vaultId as VaultId,
  domainId: keys.file.domains[0]?.id as DomainId,
  vaultFile: toBase64Url(vaultFile),
  slots: slots.map(({ slotId, bytes }) => ({ slotId: toHex(slotId), bytes: toBase64Url(bytes) })),
  hubKey: toBase64Url(hubKey),
})

/** However it was kept: words with numbers, line ends and other text around them, or the passphrase. @throws EngineError `key-slot.wrong-secret` */
async function unlock(primitives: UnlockPrimitives, { vaultFile, slots }: KeyObjects, secret: string): Promise<VaultKeys> {
  const locked = { vaultFile: fromBase64Url(vaultFile), slots: slots.map(({ bytes }) => fromBase64Url(bytes)) }
  return (await openWithKept(secret, (one) => unlockVault(primitives, locked, one))).opened
}

async function firstBytes(bytes: AsyncGenerator<Uint8Array>, most: number): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of bytes) {
    parts.push(part)
    length += part.length
    if (length >= most) break
  }
  const read = new Uint8Array(Math.min(length, most))
  let at = 0
  for (const part of parts) {
    read.set(part.subarray(0, read.length - at), at)
    at += Math.min(part.length, read.length - at)
  }
  return read
}
