import { fstatSync, ftruncateSync, writeSync } from 'node:fs'
import { copyBytes } from '../../bytes/index.ts'
import { EngineError } from '../../errors/index.ts'
import type { FileEntry, TreeEntry } from '../../format/index.ts'
import { closeDescriptor } from '../../source/index.ts'
import type { Attributes } from '../snapshot/attribute-sets.ts'
import type { Decision } from '../target/conflict.ts'
import type { PieceReceiver } from './content-batch.ts'
import type { RestoredFolder } from '../target/restored-folder.ts'

/** A file of the snapshot on its way to a name in the target. */
export interface NamedFile extends Decision {
  readonly folder: RestoredFolder
  readonly entry: FileEntry
  readonly attributes: Attributes
}

/** The first name of a group of hard links. */
export interface FirstName {
  readonly folder: RestoredFolder
  readonly entry: Pick<TreeEntry, 'name'>
}

/** Kept to the end of the restore, so no more of it than its name: an entry holds the whole page of the folder that it was read from. */
export const firstNameOf = ({ folder, entry }: FirstName): FirstName => ({ folder, entry: { name: copyBytes(entry.name) } })

/** A file that further names become hard links to. */
export interface LinkSource extends FirstName {
  readonly state: 'waiting' | 'written' | 'failed'
  /** Names that wait for it to be complete. */
  readonly links: NamedFile[]
}

/** What a file needs of the restore around it. */
export interface FilePlaces {
  /** A new file under a temporary name in the file's folder, and what it is. */
  create(file: RestoredFile): { readonly name: Buffer; readonly fd: number }
  reopen(file: RestoredFile, temporaryName: Buffer): number
  /** It has no descriptor any more. */
  closed(file: RestoredFile): void
  /** Gives a complete file its metadata, while it is open. */
  giveMetadata(file: RestoredFile, fd: number): void
  /** Gives it its name: it is closed, and the system took all of it. */
  publish(file: RestoredFile, temporaryName: Buffer): void
  removeTemporary(folder: RestoredFolder, name: Buffer): void
  written(file: RestoredFile): void
  failed(file: RestoredFile, error: unknown): void
  /** The error to end the restore with, or null when only this file is concerned. */
  fatal(error: unknown): EngineError | null
}

/**
 * One regular file on its way into the target.
 *
 * It is written under a temporary name in its own folder and renamed when it is complete, metadata included, and closed: whenever this is
 * killed, a file under its own name is whole, and what was there before is whole until then. (Writing under the final name would
 * save 5 µs a file on tmpfs, a quarter of the cost of a small one, and nothing measurable on ext4; 2026-11-21.)
 */
export class RestoredFile implements PieceReceiver, LinkSource {
  readonly folder: RestoredFolder
  readonly entry: FileEntry
  readonly attributes: Attributes
  readonly action: Decision['action']
  readonly seen: Decision['seen']
  readonly links: NamedFile[] = []
  readonly #places: FilePlaces
  #state: 'waiting' | 'written' | 'failed' = 'waiting'
  #piecesLeft = 0
  #isPlanned = false
  #dataEnd = 0
  #temporaryName: Buffer | null = null
  #inode = 0n
  #fd: number | null = null

  constructor({ folder, entry, attributes, action, seen }: NamedFile, places: FilePlaces) {
    this.folder = folder
    this.entry = entry
    this.attributes = attributes
    this.action = action
    this.seen = seen
    this.#places = places
  }

  get state(): 'waiting' | 'written' | 'failed' {
    return this.#state
  }

  /** One more piece will come. */
  expectPiece(): void {
    this.#piecesLeft++
  }

  /** No further piece will be announced. */
  endPlan(): void {
    this.#isPlanned = true
    this.#finishIfComplete()
  }

  write(offset: number, bytes: Uint8Array): void {
    if (this.#state !== 'waiting') return
    this.#attempt(() => {
      const fd = this.#open()
      for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done, bytes.length - done, offset + done)
      this.#dataEnd = Math.max(this.#dataEnd, offset + bytes.length)
    })
    this.#piecesLeft--
    this.#finishIfComplete()
  }

  fail(error: unknown): void {
    if (this.#state !== 'waiting') return
    this.#state = 'failed'
    this.discard()
    this.#places.failed(this, error)
  }

  /** Takes away what is unfinished; also for a run that ends early. */
  discard(): void {
    try {
      this.#close()
    } catch {
      // What the system could not write goes anyway.
    }
    const name = this.#temporaryName
    this.#temporaryName = null
    if (name !== null) this.#places.removeTemporary(this.folder, name)
  }

  /** Gives the descriptor back; the next piece opens the file again. What goes wrong is this file's, whichever needed the room. */
  suspend(): void {
    this.#attempt(() => this.#close())
  }

  /** Network file systems and quotas refuse here what they took before: a file is whole when it is closed. @throws the system's error */
  #close(): void {
    if (this.#fd === null) return
    const fd = this.#fd
    // Also where it fails the number is free, and may be another thread's by now.
    this.#fd = null
    this.#places.closed(this)
    closeDescriptor(fd)
  }

  #finishIfComplete(): void {
    if (this.#state !== 'waiting' || !this.#isPlanned || this.#piecesLeft > 0) return
    this.#attempt(() => {
      const fd = this.#open()
      // What lies behind the last data is a hole, and so is everything skipped before: nothing was written there.
      if (this.#dataEnd < this.entry.size) ftruncateSync(fd, this.entry.size)
      this.#places.giveMetadata(this, fd)
      this.#close()
      this.#places.publish(this, this.#temporaryName!)
      this.#temporaryName = null
      this.#state = 'written'
    })
    if (this.state === 'written') this.#places.written(this)
  }

  #open(): number {
    if (this.#fd !== null) return this.#fd
    if (this.#temporaryName === null) {
      const created = this.#places.create(this)
      this.#temporaryName = created.name
      this.#fd = created.fd
      // Asked only of files that may have to be opened again.
      if (!this.#isPlanned || this.#piecesLeft > 1) this.#inode = fstatSync(this.#fd, { bigint: true }).ino
    } else {
      this.#fd = this.#places.reopen(this, this.#temporaryName)
      this.#requireSame(this.#fd)
    }
    return this.#fd
  }

  #requireSame(fd: number): void {
    if (fstatSync(fd, { bigint: true }).ino === this.#inode) return
    throw new EngineError(
      'restore.unsafe-path',
      'An unfinished file was exchanged for another one during the restore. Restore where nobody else writes.',
    )
  }

  /** What fails for this file alone is told and counted; what fails for all of them ends the restore. */
  #attempt(work: () => void): void {
    try {
      work()
    } catch (error) {
      const fatal = this.#places.fatal(error)
      if (fatal !== null) {
        this.discard()
        throw fatal
      }
      this.fail(error)
    }
  }
}
