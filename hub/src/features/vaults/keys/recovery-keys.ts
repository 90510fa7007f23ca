import { AppError, type RecoveryKeyProblem, type VaultId } from '@holdfast/shared-types'
import { toHex } from '@holdfast/engine/bytes'
import { isEngineError } from '@holdfast/engine/errors'
import { decodeKeySlot, keySlotKey } from '@holdfast/engine/format'
import type { ObjectStore } from '@holdfast/engine/store'
import { openWithFirst } from '@holdfast/engine/unlock'
import { findRecoveryWords, makeRecoveryWords, openVault } from '@holdfast/engine/vault'
import { tellAudit } from '../../../platform/audit/audit-scope.ts'
import type { Database } from '../../../platform/database/database.ts'
import type { UserActor } from '../../../platform/http/actor.ts'
import type { Logger } from '../../../platform/logging/logger.ts'
import type { ManagedVault } from '../contents/managed-vault.ts'
import type { OpenVaults } from '../contents/open-vaults.ts'
import type { PeopleDoor } from '../doors/doors.ts'
import { findVaultRecord, setRecoveryKeyExported } from '../tables/vaults.queries.ts'

/*
 * Words that open a vault without the hub. They are made here, leave in one answer, and are kept nowhere: the vault has a slot that only
 * they open (docs/vault-format.md §4). A slot that was written stays, confirmed or not: somebody may have kept its words, and a key that
 * opens nothing is worse than one too many.
 */

export interface RecoveryKeyDeps {
  readonly database: Database
  readonly vaults: OpenVaults
  readonly people: PeopleDoor
  readonly log: Logger
  readonly now: () => number
}

export interface ExportedKey {
  readonly slotId: string
  readonly words: string[]
  readonly createdAtMs: number
}

/** @throws AppError `sign-in.failed`, `sign-in.throttled`, `vault.not-found`, `store.*` */
export async function exportRecoveryKey(
  { database, vaults, people, log, now }: RecoveryKeyDeps,
  { userId }: UserActor,
  { vaultId, address, currentPassword }: { vaultId: VaultId; address: string; currentPassword: string | undefined },
): Promise<ExportedKey> {
  const vault = tellVault(vaults.readable(vaultId))
  await people.provePassword(userId, address, currentPassword)
  const words = await makeRecoveryWords()
  const slotId = toHex(await vault.vault.addKeySlot({ kind: 'recovery-words', words }))
  tellAudit({ details: { slotId } })
  // What is handed out has opened the vault, from the store as it is now.
  await openVault(vault.store, { kind: 'recovery-words', words })
  // Nothing but the line of the audit log: words that nobody knows to be out are not to leave.
  await database.transaction(async () => undefined)
  log.info({ event: 'vault.recovery-key-exported', vaultId, userId }, 'A recovery key was made and shown')
  return { slotId, words: words.split(' '), createdAtMs: now() }
}

/** @throws AppError `vault.not-found`, `vault.wrong-key` when the vault has no such slot of recovery words */
export async function confirmRecoveryKey(
  { database, vaults, log, now }: RecoveryKeyDeps,
  { userId, name }: UserActor,
  { vaultId, slotId }: { vaultId: VaultId; slotId: string },
): Promise<void> {
  const vault = tellVault(vaults.readable(vaultId))
  if (!(await hasRecoverySlot(vault.store, slotId)))
    throw new AppError('vault.wrong-key', {
      message: 'The vault has no such recovery key.',
      cure: 'Export a new one, and confirm that.',
      context: { vaultId },
    })
  tellAudit({ details: { slotId } })
  await database.transaction((em) => setRecoveryKeyExported(em, vaultId, new Date(now()), name))
  log.info({ event: 'vault.recovery-key-confirmed', vaultId, userId }, 'Somebody said that a recovery key is kept')
}

async function hasRecoverySlot(store: ObjectStore, slotId: string): Promise<boolean> {
  try {
    return decodeKeySlot(await store.get(keySlotKey(Buffer.from(slotId, 'hex')))).kind === 'recovery-words'
  } catch (error) {
    if (isEngineError(error, 'store.not-found')) return false
    throw error
  }
}

export interface TestedKey {
  readonly opens: boolean
  readonly problem: RecoveryKeyProblem | null
  readonly wordCount: number
  readonly unknownWords: number[]
}

/**
 * Tries what somebody kept at the vault as it lies in its store. A vault that counts as having no recovery key, as after a loss of the
 * database, has one from then on if it opens: somebody keeps it.
 * @throws AppError `vault.not-found`; EngineError `store.*`
 */
export async function testRecoveryKey(
  { database, vaults, now }: RecoveryKeyDeps,
  { name }: UserActor,
  { vaultId, text }: { vaultId: VaultId; text: string },
): Promise<TestedKey> {
  const { store } = tellVault(vaults.readable(vaultId))
  const found = await findRecoveryWords(text)
  const opens = await openWithOneOf(store, found.keys)
  tellAudit({ details: { opens } })
  if (opens && (await findVaultRecord(database.em(), vaultId))?.recoveryKeyExportedAt === null)
    await database.transaction((em) => setRecoveryKeyExported(em, vaultId, new Date(now()), name))
  const facts = { wordCount: found.wordCount, unknownWords: [...found.unknownWords] }
  const problem = opens ? null : problemOf(found)
  return { opens, problem, ...facts }
}

/** @throws EngineError `store.*`, `vault.*` where none opens the vault, and something could not be read that might have opened with one */
async function openWithOneOf(store: ObjectStore, keys: readonly string[]): Promise<boolean> {
  try {
    await openWithFirst(
      keys.map((words) => ({ kind: 'recovery-words', words })),
      (secret) => openVault(store, secret),
    )
    return true
  } catch (error) {
    if (!isEngineError(error, 'key-slot.wrong-secret')) throw error
    return false
  }
}

function problemOf({ keys, wordCount, unknownWords }: Awaited<ReturnType<typeof findRecoveryWords>>): RecoveryKeyProblem {
  if (keys.length > 0) return 'other-vault'
  if (wordCount !== 24) return 'count'
  return unknownWords.length > 0 ? 'word' : 'order'
}

function tellVault(vault: ManagedVault): ManagedVault {
  tellAudit({ object: { kind: 'vault', id: vault.id, name: vault.record.name } })
  return vault
}
