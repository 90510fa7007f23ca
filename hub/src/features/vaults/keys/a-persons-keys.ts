import { randomUUID } from 'node:crypto'
import { AppError, DomainId, VaultId } from '@holdfast/shared-types'
import { isEngineError } from '@holdfast/engine/errors'
import {
  createVaultObjects,
  deviceFingerprint,
  newRecoveryWords,
  openWithKept,
  rawAgentKey,
  unlockVault,
  type PersonsSecret,
  type VaultKeys,
} from '@holdfast/engine/unlock'
import { nodePrimitives } from '@holdfast/engine/vault'
import { withContractErrors } from '../errors/translate-engine-error.ts'
import type { NewPrivateVault } from './create-private-vault.ts'
import type { KeysToGive } from './give-device-keys.ts'
import type { SlotToAdd } from './key-objects.ts'

/*
 * The person's side of a private vault, for commands on the hub's machine: what is made and opened here stays in the command's process, and a hub that runs is given what
 * it may have. Nothing of a running hub uses it.
 */

export interface MadePrivateVault {
  readonly toGive: NewPrivateVault
  readonly fingerprint: string
}

/** 24 words, with spaces between. */
export const makeWords = (): Promise<string> => newRecoveryWords(nodePrimitives)

export async function makePrivateVault(
  name: string,
  { passphrase, words }: { readonly passphrase: string; readonly words: string },
  createdAtMs: number,
): Promise<MadePrivateVault> {
  const [vaultId, domainId] = [VaultId.parse(randomUUID()), DomainId.parse(randomUUID())]
  const { vaultFile, slots, hubKey, keys } = await createVaultObjects(nodePrimitives, {
    vaultId,
    domainId,
    kind: 'private',
    createdAtMs,
    secrets: [
      { kind: 'passphrase', passphrase },
      { kind: 'recovery-words', words },
    ],
  })
  return {
    toGive: { name, vaultId, domainId, vaultFile: toText(vaultFile), slots: slots.map(slotText), hubKey: toText(hubKey) },
    fingerprint: await keys.fingerprint(domainId),
  }
}

/** A vault that a person opened. */
export interface PersonsVault {
  fingerprint(domainId: DomainId): Promise<string>
  /** What another secret opens it with. */
  slotFor(secret: PersonsSecret): Promise<Omit<SlotToAdd, 'vaultId'>>
  /** Whether the vault opens with it by a slot as its hub hands it out. */
  isOpenedBy(slot: { readonly bytes: string }, secret: PersonsSecret): Promise<boolean>
  /** Vouches for a device's keys, and seals those of its domain to it. */
  keysFor(device: DeviceToLetIn, createdAtMs: number): Promise<Pick<KeysToGive, 'agentObject' | 'sealedDomainKeys'>>
}

export interface DeviceToLetIn {
  readonly agentId: string
  readonly domainId: DomainId
  /** base64url */
  readonly signPublicKey: string
  readonly boxPublicKey: string
  readonly boxSignature: string
}

/** Of the very keys that {@link PersonsVault.keysFor} takes, and so none that somebody only says. @throws EngineError `vault.invalid` for what are no keys */
export const fingerprintOfDevice = (device: Pick<DeviceToLetIn, 'signPublicKey' | 'boxPublicKey'>): Promise<string> =>
  deviceFingerprint(nodePrimitives, {
    signPublicKey: rawAgentKey(device.signPublicKey),
    boxPublicKey: rawAgentKey(device.boxPublicKey),
  })

/** However the two were written down. */
export { isSameFingerprint } from '@holdfast/engine/unlock'

export interface LockedObjects {
  /** Both base64url. */
  readonly vaultFile: string
  readonly slots: readonly { readonly bytes: string }[]
}

/** @param text recovery words, other text around them or not; or a passphrase in the first line. @throws AppError `vault.wrong-key`, `vault.corrupt` */
export async function openAsPerson(locked: LockedObjects, text: string): Promise<PersonsVault> {
  const keys = await withContractErrors(() => unlockWith(locked, text))
  return {
    fingerprint: (domainId) => keys.fingerprint(domainId),
    slotFor: async (secret) => slotText(await keys.addSlot(secret)),
    isOpenedBy: ({ bytes }, secret) => keys.isOpenedBy(Buffer.from(bytes, 'base64url'), secret),
    async keysFor({ agentId, domainId, signPublicKey, boxPublicKey, boxSignature }, createdAtMs) {
      const agentObject = await keys.agentObject({ agentId, domainId, signPublicKey, boxPublicKey, boxSignature, createdAtMs })
      const sealed = await keys.sealDomainKeys(domainId, agentId, Buffer.from(boxPublicKey, 'base64url'))
      return { agentObject: toText(agentObject), sealedDomainKeys: toText(sealed) }
    },
  }
}

async function unlockWith(locked: LockedObjects, text: string): Promise<VaultKeys> {
  const objects = {
    vaultFile: Buffer.from(locked.vaultFile, 'base64url'),
    slots: locked.slots.map(({ bytes }) => Buffer.from(bytes, 'base64url')),
  }
  try {
    return (await openWithKept(text, (secret) => unlockVault(nodePrimitives, objects, secret))).opened
  } catch (error) {
    if (!isEngineError(error, 'key-slot.wrong-secret')) throw error
    throw new AppError('vault.wrong-key', { message: 'Neither a passphrase nor recovery words of this vault. Nothing was changed.' })
  }
}

const toText = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')
const slotText = ({ slotId, bytes }: { slotId: Uint8Array; bytes: Uint8Array }) => ({
  slotId: Buffer.from(slotId).toString('hex'),
  bytes: toText(bytes),
})
