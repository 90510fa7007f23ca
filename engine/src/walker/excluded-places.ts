import { statSync } from 'node:fs'
import { joinComponents, resolveParents, splitAbsolutePath } from './absolute-path.ts'

/**
 * Places that are never backed up, whatever a plan says: the agent's own state, the vault's store.
 *
 * Known by path (also when they come into being later) and by device and inode (also when reached through a bind mount or another name).
 */
export class ExcludedPlaces {
  /** Names by the folder they lie in. */
  readonly #namesByFolder = new Map<string, Set<string>>()
  readonly #places: { readonly device: bigint; readonly inode: bigint }[] = []

  /** @param paths absolute, raw bytes. @throws EngineError `source.unsupported` */
  constructor(paths: readonly Uint8Array[]) {
    for (const path of paths) {
      const components = resolveParents(splitAbsolutePath(path))
      const name = components.at(-1)
      if (name === undefined) continue
      const folder = keyOf(joinComponents(components.slice(0, -1)))
      const names = this.#namesByFolder.get(folder) ?? new Set<string>()
      this.#namesByFolder.set(folder, names.add(keyOf(name)))
      this.#rememberInode(joinComponents(components))
    }
  }

  #rememberInode(path: Buffer): void {
    try {
      const { dev, ino } = statSync(path, { bigint: true })
      this.#places.push({ device: dev, inode: ino })
    } catch {
      // Not there yet, or out of reach: it is known by its path alone.
    }
  }

  /** Names excluded in a folder, or null when there are none. @param folderPath absolute, without a slash at the end but for `/`. */
  namesIn(folderPath: Buffer): ReadonlySet<string> | null {
    return this.#namesByFolder.size === 0 ? null : (this.#namesByFolder.get(keyOf(folderPath)) ?? null)
  }

  hasInode(device: bigint, inode: bigint): boolean {
    return this.#places.some((place) => place.inode === inode && place.device === device)
  }
}

/** One character a byte: any name fits, and equal texts mean equal bytes. */
const keyOf = (bytes: Buffer): string => bytes.toString('latin1')
