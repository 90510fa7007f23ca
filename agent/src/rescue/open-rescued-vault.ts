import { readdirSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { isEngineError, type EngineError } from '@holdfast/engine/errors'
import { decodeVaultFile, vaultFileKey } from '@holdfast/engine/format'
import { openDirectoryStore, type DirectoryStore } from '@holdfast/engine/store'
import { openVault, type Vault } from '@holdfast/engine/vault'
import { AppError } from '@holdfast/shared-types'
import { readKeyFile, type VaultKey } from './read-key-file.ts'
import { storeFolder } from './store-folder.ts'

export interface VaultAddress {
  /** As a person gave it: a folder, or `file:///…`. */
  readonly storeUrl: string
  readonly opener: VaultOpener
}

/** What opens it: a file with recovery words, or a passphrase. */
export type VaultOpener = { readonly keyFile: string } | { readonly passphrase: string }

/** A vault that was opened with one of its secrets: nobody else has to be there, and its store is only read. */
export interface RescuedVault {
  readonly vault: Vault
  /** The store's folder under every name that leads to it. */
  readonly places: readonly string[]
  close(): Promise<void>
}

/**
 * @throws AppError `command.invalid`, `vault.not-found` where there is none, `vault.wrong-key`; EngineError `vault.invalid`,
 *   `format.unsupported-version`, `store.*`
 */
export async function openRescuedVault({ storeUrl, opener }: VaultAddress): Promise<RescuedVault> {
  const folder = storeFolder(storeUrl)
  requireVault(folder)
  const key = 'keyFile' in opener ? await readKeyFile(opener.keyFile) : opener
  const store = await openDirectoryStore(folder)
  try {
    return { vault: await openWith(store, key), places: [...new Set([folder, realpathSync(folder)])], close: () => store.close() }
  } catch (error) {
    await store.close()
    throw error
  }
}

/** Where somebody names the folder above, it is said which ones are vaults. */
function requireVault(folder: string): void {
  if (isFile(join(folder, vaultFileKey))) return
  const below = foldersIn(folder)
  const message = below === null ? `There is no folder ${folder}.` : `There is no vault in ${folder}: it holds no vault.json.`
  const vaults = (below ?? []).filter((name) => isFile(join(folder, name, vaultFileKey))).map((name) => join(folder, name))
  const cure =
    vaults.length > 0
      ? `Open ${vaults.slice(0, 5).join(' or ')}.`
      : 'Name the folder that holds vault.json; look whether its disk is mounted. In the data folder of a hub it is store/ID.'
  throw new AppError('vault.not-found', { message, cure })
}

/** A file that may not be read is one all the same: what is wrong shows when it is read. */
function isFile(path: string): boolean {
  try {
    return statSync(path).isFile()
  } catch (error) {
    if (isSystemError(error, 'EACCES')) throw noAccess(path, error)
    return false
  }
}

function foldersIn(folder: string): string[] | null {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))
  } catch (error) {
    if (isSystemError(error, 'EACCES')) throw noAccess(folder, error)
    return null
  }
}

const isSystemError = (error: unknown, code: string): boolean => error instanceof Error && 'code' in error && error.code === code

const noAccess = (path: string, cause: unknown): AppError =>
  new AppError('store.unavailable', {
    message: `This user may not look into ${path}.`,
    cure: 'Run the command as a user who may read the vault, or give this one the right to read all of it.',
    cause,
  })

async function openWith(store: DirectoryStore, key: VaultKey | { readonly passphrase: string }): Promise<Vault> {
  return 'passphrase' in key ? openWithPassphrase(store, key.passphrase) : openWithWords(store, key)
}

async function openWithPassphrase(store: DirectoryStore, passphrase: string): Promise<Vault> {
  try {
    return await openVault(store, { kind: 'passphrase', passphrase })
  } catch (cause) {
    if (!isEngineError(cause, 'key-slot.wrong-secret')) throw cause
    throw new AppError('vault.wrong-key', {
      message: `The passphrase does not open this vault (${await ownId(store)}).`,
      cure: 'Look at capitals and the keyboard\u2019s language. A vault without a passphrase, or whose passphrase is forgotten, opens with its recovery words: --key-file FILE.',
      cause,
    })
  }
}

const ownId = async (store: DirectoryStore): Promise<string> => decodeVaultFile(await store.get(vaultFileKey)).value.vaultId

async function openWithWords(store: DirectoryStore, { keys, vaultId }: VaultKey): Promise<Vault> {
  const unreadable: EngineError[] = []
  for (const words of keys) {
    try {
      return await openVault(store, { kind: 'recovery-words', words })
    } catch (error) {
      if (!isEngineError(error)) throw error
      if (error.code !== 'key-slot.wrong-secret') unreadable.push(error)
    }
  }
  // A slot that cannot be read may be the very one: "wrong words" would send their owner away from it.
  if (unreadable[0] !== undefined) throw unreadable[0]
  const own = await ownId(store)
  throw new AppError('vault.wrong-key', {
    message:
      vaultId === null || vaultId === own
        ? `These are true recovery words, and they do not open this vault (${own}).`
        : `The key file is of the vault ${vaultId}, and this is the vault ${own}.`,
    cure: 'Look at the vault id on the recovery kit or in the key file, and give the key of this vault.',
  })
}
