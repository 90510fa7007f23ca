import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import type { LinkedEntry } from './linked-entry.ts'

const groupContext = Uint8Array.of(0x10)
const keptGroupContext = Uint8Array.of(0x11)
const groupBytes = 16

export interface HardLinkGroup {
  /** 16 bytes (docs/vault-format.md §9). */
  readonly id: Uint8Array
  /** Its inode, as a text. */
  readonly inode: string
  /** As kept; until then, as the first look has shown. */
  size: number
  mtimeNs: bigint
  /** That the walk has not come by. */
  namesLeft: number
  /**
   * The first member that can be kept, null until one was found: what all later ones share, since they are one inode.
   * Itself known when its step is taken, which is before theirs.
   */
  first: { kept: LinkedEntry | null } | null
}

export interface LinkedInode {
  readonly device: bigint
  readonly inode: bigint
  readonly linkCount: number
  readonly size: number
  readonly mtimeNs: bigint
}

/** Which names lead to the same inode. Holds a group until all its names were seen, or to the end if some lie outside of the sources. */
export class HardLinks {
  readonly #idKey: KeyObject
  readonly #seen = new Map<string, HardLinkGroup>()

  constructor(idKey: Uint8Array) {
    this.#idKey = createSecretKey(idKey)
  }

  /**
   * The group of an inode with more than one name.
   * @param path makes the absolute path of the name in hand; asked only for the first of a group.
   */
  groupOf(inode: LinkedInode, path: () => Uint8Array): HardLinkGroup {
    const key = keyOf(inode)
    const known = this.#seen.get(key)
    // A number may be given to another file while we walk: then it is another group, with a content of its own.
    const isSame = known !== undefined && known.size === inode.size && known.mtimeNs === inode.mtimeNs
    const group = isSame ? known : this.#newGroup(inode, key, path)
    group.namesLeft--
    if (group.namesLeft > 0) this.#seen.set(key, group)
    else this.#seen.delete(key)
    return group
  }

  #newGroup({ size, mtimeNs, linkCount }: LinkedInode, inode: string, path: () => Uint8Array): HardLinkGroup {
    return { id: this.#groupId(path()), inode, size, mtimeNs, namesLeft: linkCount, first: null }
  }

  #groupId(path: Uint8Array): Uint8Array {
    // A copy, which shares its memory with others: half of a digest would keep all of one alone.
    return Buffer.from(createHmac('sha256', this.#idKey).update(groupContext).update(path).digest().subarray(0, groupBytes))
  }
}

/**
 * The group of what is kept under a name, which need not be what the look at that name has shown: another file may have taken its place
 * before it was opened, or read again. That one is kept by itself, and the group waits for its next name.
 */
export const groupOfKept = (group: HardLinkGroup | null, kept: Pick<LinkedInode, 'device' | 'inode'>): HardLinkGroup | null =>
  group !== null && group.inode === keyOf(kept) ? group : null

const keyOf = ({ device, inode }: Pick<LinkedInode, 'device' | 'inode'>): string => `${device}:${inode}`

/** All later names of the group are as what is kept now: to be said of its own inode only. */
export function leadGroup(group: HardLinkGroup, kept: Pick<LinkedInode, 'size' | 'mtimeNs'>): NonNullable<HardLinkGroup['first']> {
  // It may have been written to between the look and the reading: a name is compared with what it would share.
  group.size = kept.size
  group.mtimeNs = kept.mtimeNs
  return (group.first = { kept: null })
}

/**
 * The group of entries that are deleted and kept: theirs alone (docs/vault-format.md §9). The group they had may go on with another
 * content, and a path that led one may lead another.
 *
 * @param snapshotId of the first snapshot that keeps them.
 */
export const keptGroupOf = (idKey: Uint8Array, snapshotId: Uint8Array, group: Uint8Array): Uint8Array =>
  createHmac('sha256', idKey).update(keptGroupContext).update(snapshotId).update(group).digest().subarray(0, groupBytes)
