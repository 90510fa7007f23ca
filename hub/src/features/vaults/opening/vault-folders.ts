import { readdir, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AppError, VaultId } from '@holdfast/shared-types'
import { vaultFileKey } from '@holdfast/engine/format'
import { openDirectoryStore, type ObjectStore } from '@holdfast/engine/store'

/**
 * Where this hub keeps its vaults: one folder each, named by the vault's id, in the folder of HOLDFAST_STORE. The ids are the
 * database's to know; a folder that is not there is a disk that is not mounted, never an empty vault.
 */
export class VaultFolders {
  readonly #parentPath: string

  /** @param storeUrl `file:///…` */
  constructor(storeUrl: string) {
    this.#parentPath = fileURLToPath(storeUrl)
  }

  /** Where all of them are. */
  get parentPath(): string {
    return this.#parentPath
  }

  /** For people: where a vault lies on the hub's machine. */
  placeOf(vaultId: VaultId): string {
    return join(this.#parentPath, vaultId)
  }

  /** Ids of folders with a vault.json, sorted. None where the folder above is missing too. */
  async findVaults(): Promise<VaultId[]> {
    const names = await readdir(this.#parentPath).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return []
      throw this.#unavailable(null, error)
    })
    const found: VaultId[] = []
    for (const name of names) {
      const id = VaultId.safeParse(name)
      if (id.success && (await this.#hasVaultFile(name))) found.push(id.data)
    }
    return found.toSorted((left, right) => (left < right ? -1 : 1))
  }

  /** @throws AppError `store.unavailable` with the folder's name when there is no vault. */
  async open(vaultId: VaultId): Promise<ObjectStore> {
    await this.require(vaultId)
    // With its mark: where the disk goes away while the hub runs, nothing is written into the folder that it was mounted over.
    return openDirectoryStore(this.placeOf(vaultId), { mark: vaultFileKey })
  }

  async create(vaultId: VaultId): Promise<ObjectStore> {
    return openDirectoryStore(this.placeOf(vaultId), { create: true, mark: vaultFileKey })
  }

  /** @throws AppError `store.unavailable` with the folder's name when there is no vault, or none that can be looked at. */
  async require(vaultId: VaultId): Promise<void> {
    if (!(await this.#hasVaultFile(vaultId))) throw this.#unavailable(vaultId)
  }

  /** What the disk has left for who may not use the reserve of root. @throws AppError `store.unavailable` */
  async freeBytes(): Promise<number> {
    try {
      const { bavail, bsize } = await statfs(this.#parentPath)
      return bavail * bsize
    } catch (error) {
      throw this.#unavailable(null, error)
    }
  }

  async #hasVaultFile(name: string): Promise<boolean> {
    try {
      return (await stat(join(this.#parentPath, name, vaultFileKey))).isFile()
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENOENT' || code === 'ENOTDIR') return false
      throw this.#unavailable(null, error)
    }
  }

  #unavailable(vaultId: VaultId | null, cause?: unknown): AppError {
    const folder = vaultId === null ? this.#parentPath : this.placeOf(vaultId)
    return new AppError('store.unavailable', {
      message: `The vault is not in its store (${folder}).`,
      cure: 'Mount the disk it is on, or set HOLDFAST_STORE to where the vault was moved. Nothing was changed.',
      context: { folder },
      cause,
    })
  }
}
