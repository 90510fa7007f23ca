import { AppError, type VaultId } from '@holdfast/shared-types'
import { isEngineError, type EngineError } from '@holdfast/engine/errors'
import type { ObjectStore } from '@holdfast/engine/store'
import { openWithKept, type FoundRecoveryWords } from '@holdfast/engine/unlock'
import { findRecoveryWords, openSealedVault, openVault, writeHubSlot, type Vault } from '@holdfast/engine/vault'
import { withContractErrors } from '../errors/translate-engine-error.ts'
import { VaultFolders } from '../opening/vault-folders.ts'

/*
 * What is left when a hub is lost with its secret: the store, and words that somebody kept. It needs no database and no running hub.
 */

export interface OpenedByWords {
  readonly vaultId: VaultId
  /** Of the hub's secret: `added` by this call, there `before`, or `not-asked` for. */
  readonly hubSlot: 'added' | 'before' | 'not-asked'
}

export interface KeptWords {
  /** Words as they were kept, other text around them or not; or the passphrase of a private vault in the first line. */
  readonly text: string
  /** This vault only; null = each that the words open. */
  readonly vaultId: VaultId | null
  /** 32 bytes; the vault is to open with them from now on. Null = only look. */
  readonly secret: Uint8Array | null
}

/**
 * Opens vaults of a store with recovery words, and has them open with a hub's secret from then on.
 *
 * @returns those that the words opened; durable when it resolves.
 * @throws AppError `vault.wrong-key` when they open none, `vault.not-found`, `store.unavailable`
 */
export function useRecoveryWords(storeUrl: string, { text, vaultId, secret }: KeptWords): Promise<OpenedByWords[]> {
  return withContractErrors(async () => {
    const folders = new VaultFolders(storeUrl)
    const found = (await folders.findVaults()).filter((id) => vaultId === null || id === vaultId)
    if (found.length === 0) throw noVault(storeUrl, vaultId)
    const opened: OpenedByWords[] = []
    const unreadable: EngineError[] = []
    for (const id of found) {
      const store = await folders.open(id)
      const kept = await openWithKept(text, (one) => openVault(store, one)).catch(keepIn(unreadable))
      if (kept !== null) opened.push({ vaultId: id, hubSlot: secret === null ? 'not-asked' : await giveSecret(store, kept.opened, secret) })
    }
    if (opened.length > 0) return opened
    // A vault that could not be read whole may be the very one: "wrong words" would send their owner away from it.
    throw unreadable[0] ?? wrongWords(await findRecoveryWords(text))
  })
}

/** Words of one vault mostly lie beside another that is damaged: that one must not keep them from theirs. */
const keepIn =
  (unreadable: EngineError[]) =>
  (error: unknown): null => {
    if (!isEngineError(error)) throw error
    if (error.code !== 'key-slot.wrong-secret') unreadable.push(error)
    return null
  }

async function giveSecret(store: ObjectStore, vault: Vault, secret: Uint8Array): Promise<'added' | 'before'> {
  const isPrivate = vault.file.kind === 'private'
  const tryHub = () => (isPrivate ? openSealedVault(store, secret) : openVault(store, { kind: 'hub-secret', secret }))
  try {
    await tryHub()
    return 'before'
  } catch (error) {
    // Also where a slot that cannot be read might be the secret's: another one costs nothing, and the words have just opened the vault.
    if (!isEngineError(error)) throw error
  }
  // Of a private vault the hub gets the key of its own statements, and no other.
  if (isPrivate) await writeHubSlot(store, vault, secret)
  else await vault.addKeySlot({ kind: 'hub-secret', secret })
  await tryHub()
  return 'added'
}

const noVault = (storeUrl: string, vaultId: VaultId | null): AppError =>
  new AppError('vault.not-found', {
    message: `There is no ${vaultId === null ? 'vault' : 'such vault'} in ${storeUrl}.`,
    cure: 'Set HOLDFAST_STORE to the folder that holds the vault\u2019s folder: file:///path. The vault\u2019s folder has its id as its name and a vault.json in it.',
  })

const wrongWords = ({ keys, wordCount }: FoundRecoveryWords): AppError =>
  keys.length > 0
    ? new AppError('vault.wrong-key', {
        message: 'These are true recovery words, and they open no vault of this store.',
        cure: 'Look at the vault id on the recovery kit; HOLDFAST_STORE says where vaults are looked for.',
      })
    : new AppError('vault.wrong-key', {
        message: `These are no 24 recovery words in their right order (${wordCount} words were read).`,
        cure: 'Check spelling and order with the recovery kit; the console and this command take the whole kit as well.',
      })
