import { AgentId, AppError, type Api, type ResponseOf, type VaultId } from '@holdfast/shared-types'
import { fromBase64Url, fromHex, toBase64Url, toHex } from '@holdfast/engine/bytes'
import { decodeKeySlot, keySlotKey, vaultFileKey, type KeySlotKind } from '@holdfast/engine/format'
import type { ObjectStore } from '@holdfast/engine/store'
import { readStoredSlots } from '@holdfast/engine/vault'
import type { EntityManager } from '@mikro-orm/postgresql'
import { tellAudit } from '../../../platform/audit/audit-scope.ts'
import type { Database } from '../../../platform/database/database.ts'
import type { Logger } from '../../../platform/logging/logger.ts'
import type { OpenVault } from '../contents/open-vault.ts'
import type { OpenVaults } from '../contents/open-vaults.ts'
import type { VaultTurns } from '../contents/vault-turns.ts'
import type { AgentsDoor, PeopleDoor } from '../doors/doors.ts'
import { isDamage } from '../errors/translate-engine-error.ts'
import type { Asking } from './create-private-vault.ts'
import { withKeyErrors } from './key-errors.ts'

export interface KeyObjectsDeps {
  readonly database: Database
  readonly vaults: OpenVaults
  readonly agents: Pick<AgentsDoor, 'listWaiting'>
  readonly people: PeopleDoor
  /** Slots of a vault are added and removed one at a time. */
  readonly keyTurns: VaultTurns
  readonly log: Logger
}

type PersonsKind = 'passphrase' | 'recovery-words'
type KeyObjects = ResponseOf<Api['getKeyObjects']>
interface PersonsSlot {
  readonly slotId: string
  readonly kind: PersonsKind
  readonly bytes: Uint8Array
}

const isPersons = (kind: KeySlotKind): kind is PersonsKind => kind === 'passphrase' || kind === 'recovery-words'

/** All that a browser needs, with a secret that only its person knows, to open a vault. @throws AppError `vault.not-found`; EngineError `store.*` */
export async function getKeyObjects({ vaults, agents }: KeyObjectsDeps, em: EntityManager, vaultId: VaultId): Promise<KeyObjects> {
  const vault = vaults.get(vaultId)
  const slots = await readPersonsSlots(vault.store)
  const found: KeyObjects['agents'] = []
  for await (const name of vault.vault.agentIds()) {
    const agentId = AgentId.safeParse(name)
    if (agentId.success) found.push({ agentId: agentId.data, agentObject: await agentObjectOf(vault, name) })
  }
  const known = new Set<AgentId>(found.map(({ agentId }) => agentId))
  const waiting = (await agents.listWaiting(em, vaultId)).filter(({ id }) => !known.has(id))
  return {
    vaultFile: toBase64Url(await vault.getStored(vaultFileKey)),
    slots: slots.map(({ slotId, kind, bytes }) => ({ slotId, kind, bytes: toBase64Url(bytes) })),
    agents: [...found, ...waiting.map(({ id }) => ({ agentId: id, agentObject: null }))],
  }
}

/** Null where it is damaged: what it signed cannot be checked. */
async function agentObjectOf({ vault }: OpenVault, agentId: string): Promise<string | null> {
  try {
    return toBase64Url(await vault.readAgentObject(agentId))
  } catch (error) {
    if (!isDamage(error)) throw error
    return null
  }
}

/** What people open themselves, where it can be read: others cost their own secret only. Of a managed vault, a passphrase of which nobody ever made, the words. */
async function readPersonsSlots(store: ObjectStore): Promise<PersonsSlot[]> {
  const slots: PersonsSlot[] = []
  for (const { key, bytes } of (await readStoredSlots(store)).slots) {
    try {
      const { slotId, kind } = decodeKeySlot(bytes)
      if (keySlotKey(slotId) === key && isPersons(kind)) slots.push({ slotId: toHex(slotId), kind, bytes })
    } catch (error) {
      if (!isDamage(error)) throw error
    }
  }
  return slots
}

export interface SlotToAdd {
  readonly vaultId: VaultId
  readonly slotId: string
  /** base64url */
  readonly bytes: string
}

/**
 * Stores another way to open a private vault, made by somebody who has opened it; whether it does open it is beyond the hub, and for its maker to try. Durable when it
 * resolves; the same again is accepted.
 * @throws AppError `sign-in.*`, `vault.not-found`, `vault.keys-invalid`, `vault.keys-conflict`
 */
export async function addKeySlot(deps: KeyObjectsDeps, asking: Asking, slot: SlotToAdd): Promise<void> {
  await proveForSlot(deps, asking, slot)
  await putKeySlot(deps, slot)
}

/** The same for the command line. */
export async function putKeySlot(
  { database, vaults, keyTurns, log }: KeyObjectsDeps,
  { vaultId, slotId, bytes }: SlotToAdd,
): Promise<void> {
  const vault = tellVault(vaults.sealed(vaultId), slotId)
  await keyTurns.during(vaultId, () =>
    withKeyErrors(() => vault.vault.addKeySlot({ slotId: fromHex(slotId), bytes: fromBase64Url(bytes) })),
  )
  // Nothing but the line of the audit log: nobody is to add a key unseen.
  await database.transaction(async () => undefined)
  log.info({ event: 'vault.key-slot-added', vaultId, slotId }, 'A key slot was added to a private vault')
}

type SlotToRemove = Pick<SlotToAdd, 'vaultId' | 'slotId'>

/**
 * Removes a passphrase or recovery words: the last of either stays, and what the hub itself needs.
 * @throws AppError `sign-in.*`, `vault.not-found`, `vault.slot-not-found`, `vault.slot-needed`
 */
export async function removeKeySlot(deps: KeyObjectsDeps, asking: Asking, slot: SlotToRemove): Promise<void> {
  await proveForSlot(deps, asking, slot)
  await deleteKeySlot(deps, slot)
}

/** The same for the command line. */
export async function deleteKeySlot({ database, vaults, keyTurns, log }: KeyObjectsDeps, { vaultId, slotId }: SlotToRemove): Promise<void> {
  const vault = tellVault(vaults.sealed(vaultId), slotId)
  await keyTurns.during(vaultId, async () => {
    const slots = await readPersonsSlots(vault.store)
    const slot = slots.find((one) => one.slotId === slotId)
    if (slot === undefined) throw new AppError('vault.slot-not-found', { context: { vaultId } })
    if (!slots.some((one) => one.kind === slot.kind && one.slotId !== slotId))
      throw new AppError('vault.slot-needed', { context: { vaultId } })
    // The audit line first: what was removed cannot be shown to have been.
    await database.transaction(async () => undefined)
    await vault.store.delete(keySlotKey(fromHex(slotId)))
  })
  log.info({ event: 'vault.key-slot-removed', vaultId, slotId }, 'A key slot of a private vault was removed')
}

/** Told before the password is proved: who tried, and failed, stands in the audit log with the vault and the slot. */
async function proveForSlot(
  { vaults, people }: KeyObjectsDeps,
  { actor, address, currentPassword }: Asking,
  { vaultId, slotId }: SlotToRemove,
): Promise<void> {
  tellVault(vaults.sealed(vaultId), slotId)
  await people.provePassword(actor.userId, address, currentPassword)
}

function tellVault<V extends OpenVault>(vault: V, slotId: string): V {
  tellAudit({ object: { kind: 'vault', id: vault.id, name: vault.record.name }, details: { slotId } })
  return vault
}
