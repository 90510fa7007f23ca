import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import type { TreeEntry } from '../format/index.ts'
import type { CataloguedFile } from './catalogue/index.ts'

const groupContext = Uint8Array.of(0x10)
const keptGroupContext = Uint8Array.of(0x11)
const groupBytes = 16

export interface KeptEntry {
  readonly entry: Exclude<TreeEntry, { type: 'folder' }>
  readonly catalogued: CataloguedFile | null
}

export interface HardLinkGroup {
  /** 16 bytes (docs/vault-format.md §9). */
  readonly id: Uint8Array
  /**
   * The first member that can be kept, null until one was found: what all later ones share, since they are one inode.
   * Itself known when its step is taken, which is before theirs.
   */
  first: { kept: KeptEntry | null } | null
}

export interface LinkedInode {
  readonly device: bigint
  readonly inode: bigint
  readonly linkCount: number
  readonly size: number
  readonly mtimeNs: bigint
}

interface SeenGroup {
  readonly group: HardLinkGroup
  readonly size: number
  readonly mtimeNs: bigint
  namesLeft: number
}

/** Which names lead to the same inode. Holds a group until all its names were seen, or to the end if some lie outside of the sources. */
export class HardLinks {
  readonly #idKey: KeyObject
  readonly #seen = new Map<string, SeenGroup>()

  constructor(idKey: Uint8Array) {
    this.#idKey = createSecretKey(idKey)
  }

  /**
   * The group of an inode with more than one name.
   * @param path makes the absolute path of the name in hand; asked only for the first of a group.
   */
  groupOf(inode: LinkedInode, path: () => Uint8Array): HardLinkGroup {
    const key = `${inode.device}:${inode.inode}`
    const known = this.#seen.get(key)
    // A number may be given to another file while we walk: then it is another group, with a content of its own.
    const isSame = known !== undefined && known.size === inode.size && known.mtimeNs === inode.mtimeNs
    const { size, mtimeNs } = inode
    const seen: SeenGroup = isSame
      ? known
      : { group: { id: this.#groupId(path()), first: null }, size, mtimeNs, namesLeft: inode.linkCount }
    seen.namesLeft--
    if (seen.namesLeft > 0) this.#seen.set(key, seen)
    else this.#seen.delete(key)
    return seen.group
  }

  #groupId(path: Uint8Array): Uint8Array {
    return createHmac('sha256', this.#idKey).update(groupContext).update(path).digest().subarray(0, groupBytes)
  }
}

/**
 * The group of entries that are deleted and kept: theirs alone (docs/vault-format.md §9). The group they had may go on with another
 * content, and a path that led one may lead another.
 *
 * @param snapshotId of the first snapshot that keeps them.
 */
export const keptGroupOf = (idKey: Uint8Array, snapshotId: Uint8Array, group: Uint8Array): Uint8Array =>
  createHmac('sha256', idKey).update(keptGroupContext).update(snapshotId).update(group).digest().subarray(0, groupBytes)
