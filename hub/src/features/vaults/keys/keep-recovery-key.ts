import { AppError, type VaultId } from '@holdfast/shared-types'
import { toHex } from '@holdfast/engine/bytes'
import { makeRecoveryWords, openVault } from '@holdfast/engine/vault'
import { tellAudit } from '../../../platform/audit/audit-scope.ts'
import type { Database } from '../../../platform/database/database.ts'
import type { Logger } from '../../../platform/logging/logger.ts'
import type { OpenVault } from '../contents/open-vault.ts'
import { requireManaged, type OpenVaults } from '../contents/open-vaults.ts'
import { setRecoveryKeyExported } from '../tables/vaults.queries.ts'

/*
 * A recovery key for the command line, which puts it into a file: the words are made, kept, and only then open the vault. So a file that is
 * there opens its vault, and the vault counts as having a recovery key because one is kept, without a person having to say so.
 */

export interface KeptKeyDeps {
  readonly database: Database
  readonly vaults: OpenVaults
  readonly log: Logger
  readonly now: () => number
}

export interface KeyToKeep {
  readonly vaultId: VaultId
  readonly name: string
  readonly words: string[]
}

/** Who keeps it, as the console shows it. */
const keeper = 'holdfast-hub vault-key export'

/** Words that open nothing yet. @param vault its id or name; null = the default one. @throws AppError `vault.not-found` */
export async function makeKeyToKeep({ vaults }: Pick<KeptKeyDeps, 'vaults'>, vault: string | null): Promise<KeyToKeep> {
  const { id, record } = vault === null ? vaults.default : requireManaged(findVault(vaults, vault))
  return { vaultId: id, name: record.name, words: (await makeRecoveryWords()).split(' ') }
}

/** By its id or name. @throws AppError `vault.not-found` */
export function findVault(vaults: OpenVaults, vault: string): OpenVault {
  const all = vaults.all()
  const found = all.find(({ id }) => id === vault.toLowerCase()) ?? all.find(({ record }) => record.name === vault)
  if (found !== undefined) return found
  throw new AppError('vault.not-found', { message: `There is no vault ${vault}.`, cure: 'The console shows names and ids of vaults.' })
}

/**
 * Has the vault open with words that are kept already, and notes that it has a recovery key. Durable when it resolves.
 * @throws AppError `vault.not-found`; EngineError `key-slot.wrong-secret` for what are no recovery words, `store.*`
 */
export async function addKeptKey(
  { database, vaults, log, now }: KeptKeyDeps,
  { vaultId, words }: Pick<KeyToKeep, 'vaultId' | 'words'>,
): Promise<{ readonly slotId: string }> {
  const vault = vaults.readable(vaultId)
  tellAudit({ object: { kind: 'vault', id: vaultId, name: vault.record.name } })
  const secret = { kind: 'recovery-words', words: words.join(' ') } as const
  const slotId = toHex(await vault.vault.addKeySlot(secret))
  tellAudit({ details: { slotId } })
  // What is kept has opened the vault, from the store as it is now.
  await openVault(vault.store, secret)
  await database.transaction((em) => setRecoveryKeyExported(em, vaultId, new Date(now()), keeper))
  log.info({ event: 'vault.recovery-key-kept', vaultId, slotId }, 'A recovery key was put into a file by the command line')
  return { slotId }
}
