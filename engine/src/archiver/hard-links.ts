import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import type { TreeEntry } from '../format/index.ts'
import type { CataloguedFile } from './catalogue/index.ts'

const groupContext = Uint8Array.of(0x10)
const groupBytes = 16

export interface HardLinkGroup {
  /** 16 bytes (docs/vault-format.md §9). */
  readonly id: Uint8Array
  /** The first member that was kept, null until then: what all later ones share, since they are one inode. */
  first: { readonly entry: Exclude<TreeEntry, { type: 'folder' }>; readonly catalogued: CataloguedFile | null } | null
}

interface SeenGroup {
  readonly group: HardLinkGroup
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
  groupOf(inode: { readonly device: bigint; readonly inode: bigint; readonly linkCount: number }, path: () => Uint8Array): HardLinkGroup {
    const key = `${inode.device}:${inode.inode}`
    const seen = this.#seen.get(key) ?? { group: { id: this.#groupId(path()), first: null }, namesLeft: inode.linkCount }
    seen.namesLeft--
    if (seen.namesLeft > 0) this.#seen.set(key, seen)
    else this.#seen.delete(key)
    return seen.group
  }

  #groupId(path: Uint8Array): Uint8Array {
    return createHmac('sha256', this.#idKey).update(groupContext).update(path).digest().subarray(0, groupBytes)
  }
}
