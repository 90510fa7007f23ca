import { readSync } from 'node:fs'
import { equalBytes } from '../../bytes/index.ts'
import { EngineError } from '../../errors/index.ts'
import { blobTypes, type FileEntry, type TreeEntry } from '../../format/index.ts'
import type { TreeReader } from '../../reader/index.ts'
import type { Pacer } from '../../run-control/index.ts'
import {
  closeDescriptor,
  nativeProblem,
  readAttributes,
  readFileMetadata,
  type FileMetadata,
  type TargetFolder,
} from '../../source/index.ts'
import type { BlobSource } from '../../vault/blob-source.ts'
import { isOwners } from './acl-names.ts'
import type { Attributes } from '../snapshot/attribute-sets.ts'
import type { MetadataWriter } from './metadata-writer.ts'
import { pathIn, type Found } from './restored-folder.ts'

/** How what stands in the target compares with an entry of the snapshot. `same-content` only says so of files. */
export type Likeness = 'same' | 'same-content' | 'different'

export interface SameEntryPorts {
  readonly source: BlobSource
  readonly reader: TreeReader
  readonly pacer: Pacer
  readonly metadata: MetadataWriter
}

/** A larger piece than a chunk can be is none of an honest snapshot. */
const mostPieceBytes = 8 * 1024 * 1024
const setIdBits = 0o6000

/**
 * Tells whether an entry stands in the target already, as it is in the snapshot: type, size, time, permissions, owner, attributes,
 * and where all that is equal the content itself, read and checked against the snapshot's keyed ids. Equal times alone prove
 * nothing after an attack or on a defective disk, and reading costs a fraction of fetching and writing.
 */
export class SameEntry {
  readonly #ports: SameEntryPorts
  readonly #uid = process.geteuid?.()
  readonly #gids = new Set([process.getegid?.(), ...(process.getgroups?.() ?? [])])
  #buffer: Buffer | null = null

  constructor(ports: SameEntryPorts) {
    this.#ports = ports
  }

  async compare(handle: TargetFolder, there: FileMetadata, found: Found<Exclude<TreeEntry, { type: 'folder' }>>): Promise<Likeness> {
    const { entry, attributes, folder } = found
    if (there.type !== entry.type || there.mtimeNs !== entry.mtimeNs) return 'different'
    if (entry.type === 'file' && there.size !== entry.size) return 'different'
    const likeness =
      entry.type === 'file'
        ? await this.#compareFile(handle, entry, attributes)
        : this.#isSameMetadata(there, entry) && this.#isSamePlain(handle, there, { entry, attributes })
          ? 'same'
          : 'different'
    // It would not come out any other way if it were written again; but what cannot be had is told, whoever wrote it.
    if (likeness === 'same') {
      const path = (): Buffer => pathIn(folder, entry.name)
      if (!isOwned(there, entry)) this.#ports.metadata.tellOwner(path)
      if (attributes.length > 0 && nativeProblem() !== null) this.#ports.metadata.tellNative(path)
    }
    return likeness
  }

  async #compareFile(handle: TargetFolder, entry: FileEntry, attributes: Attributes): Promise<Likeness> {
    let fd: number
    try {
      fd = handle.openFileToRead(entry.name)
    } catch {
      // Out of reach or exchanged a moment ago: whatever it is, nobody knows it to be the same.
      return 'different'
    }
    try {
      if (!(await this.#isSameContent(fd, entry))) return 'different'
      const there = readFileMetadata(fd)
      // A name more than the snapshot knows of would change with a file that is not its own.
      const isAlone = entry.hardLinkGroup !== null || there.linkCount === 1
      return isAlone && this.#isSameMetadata(there, entry) && isSameAttributes(() => readAttributes(fd), attributes)
        ? 'same'
        : 'same-content'
    } finally {
      closeDescriptor(fd)
    }
  }

  /** As a restore by this very process leaves it: an owner that it cannot give stays, and with it no rights are lent. */
  #isSameMetadata(there: FileMetadata, entry: TreeEntry): boolean {
    const isAsInSnapshot = isOwned(there, entry)
    if (!isAsInSnapshot && this.#canGive(entry)) return false
    return entry.type === 'symlink' || there.mode === (isAsInSnapshot ? entry.mode : entry.mode & ~setIdBits)
  }

  /** Without root a file can be given to any group that one is in, and to no other user (chown(2)). */
  #canGive({ owner }: TreeEntry): boolean {
    return this.#uid === 0 || (owner.uid === this.#uid && this.#gids.has(owner.gid))
  }

  #isSamePlain(handle: TargetFolder, there: FileMetadata, { entry, attributes }: Pick<Found<TreeEntry>, 'entry' | 'attributes'>): boolean {
    const isDevice = entry.type === 'char-device' || entry.type === 'block-device'
    if (isDevice && (there.deviceMajor !== entry.major || there.deviceMinor !== entry.minor)) return false
    if (entry.type === 'symlink' && !equalBytes(handle.readLink(entry.name), entry.target)) return false
    // A symlink has no ACL, and its owner cannot give it attributes: only what the snapshot has is worth a look.
    if (entry.type === 'symlink' && attributes.length === 0) return true
    return isSameAttributes(() => handle.attributesOf(entry.name), attributes)
  }

  async #isSameContent(fd: number, entry: FileEntry): Promise<boolean> {
    const { content } = entry
    if (content.kind === 'inline') {
      const bytes = this.#readPiece(fd, 0, content.bytes.length)
      return bytes !== null && equalBytes(bytes, content.bytes)
    }
    try {
      for await (const { offset, item } of this.#ports.reader.items(entry)) {
        for (let start = 0; start < item.length; start += mostPieceBytes) {
          const bytes = this.#readPiece(fd, offset + start, Math.min(mostPieceBytes, item.length - start))
          if (bytes === null) return false
          if (item.kind === 'hole') {
            if (!isZero(bytes)) return false
          } else this.#ports.source.verify(blobTypes.data, item.id, bytes)
          if (this.#ports.pacer.isLate()) await this.#ports.pacer.turn()
        }
      }
      return true
    } catch (error) {
      // Another content, or a list of contents that cannot be had: the restore itself tells that.
      if (error instanceof EngineError && /^(blob|format|bytes|segment|pack)\./.test(error.code)) return false
      throw error
    }
  }

  /** Null where there is less, or the disk does not give it. */
  #readPiece(fd: number, offset: number, length: number): Buffer | null {
    this.#buffer = this.#buffer !== null && this.#buffer.length >= length ? this.#buffer : Buffer.allocUnsafe(Math.max(length, 64 * 1024))
    try {
      for (let done = 0; done < length;) {
        const count = readSync(fd, this.#buffer, done, length - done, offset + done)
        if (count === 0) return null
        done += count
      }
    } catch {
      // A sector that cannot be read is a reason to write the file anew.
      return null
    }
    return this.#buffer.subarray(0, length)
  }
}

export const isSameInode = (left: FileMetadata | null, right: FileMetadata | null): boolean =>
  left !== null && right !== null && left.inode === right.inode && left.device === right.device

const isOwned = (there: FileMetadata, { owner }: TreeEntry): boolean => there.uid === owner.uid && there.gid === owner.gid

/** All that the snapshot has, and nothing of the owner's besides. */
function isSameAttributes(look: () => Attributes, attributes: Attributes): boolean {
  // Neither read nor written.
  if (nativeProblem() !== null) return true
  const there = look()
  const has = (set: Attributes, name: Uint8Array): Uint8Array | undefined => set.find((each) => equalBytes(each.name, name))?.value
  const isKept = attributes.every(({ name, value }) => {
    const kept = has(there, name)
    return kept !== undefined && equalBytes(kept, value)
  })
  return isKept && there.every(({ name }) => !isOwners(name) || has(attributes, name) !== undefined)
}

function isZero(bytes: Buffer): boolean {
  const zeroes = Buffer.alloc(Math.min(bytes.length, 64 * 1024))
  for (let start = 0; start < bytes.length; start += zeroes.length) {
    const part = bytes.subarray(start, start + zeroes.length)
    if (!part.equals(zeroes.subarray(0, part.length))) return false
  }
  return true
}
