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

  /** For people: where a vault lies on the hub's machine. */
  placeOf(vaultId: VaultId): string {
    return join(this.#parentPath, vaultId)
  }

  /** Ids of folders with a vault.json, sorted. None where the folder above is missing too. */
  async findVaults(): Promise<VaultId[]> {
    const names = await readdir(this.#parentPath).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return []
      throw this.#unavailable(error)
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
    if (!(await this.#hasVaultFile(vaultId))) throw this.#unavailable()
    return openDirectoryStore(join(this.#parentPath, vaultId))
  }

  async create(vaultId: VaultId): Promise<ObjectStore> {
    return openDirectoryStore(join(this.#parentPath, vaultId), { create: true })
  }

  /** What the disk has left for who may not use the reserve of root. @throws AppError `store.unavailable` */
  async freeBytes(): Promise<number> {
    try {
      const { bavail, bsize } = await statfs(this.#parentPath)
      return bavail * bsize
    } catch (error) {
      throw this.#unavailable(error)
    }
  }

  async #hasVaultFile(name: string): Promise<boolean> {
    try {
      return (await stat(join(this.#parentPath, name, vaultFileKey))).isFile()
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENOENT' || code === 'ENOTDIR') return false
      throw this.#unavailable(error)
    }
  }

  #unavailable(cause?: unknown): AppError {
    return new AppError('store.unavailable', {
      message: `The vault is not in its store (${this.#parentPath}).`,
      cure: 'Mount the disk it is on, or set HOLDFAST_STORE to where the vault was moved. Nothing was changed.',
      cause,
    })
  }
}
