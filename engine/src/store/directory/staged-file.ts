import { unlink } from 'node:fs/promises'
import { invariant, isEngineError } from '../../errors/index.ts'
import type { StagedObject, StoreOptions } from '../object-store.ts'
import { endsTooEarly, piecesOf, requireNotAborted, requireRange } from '../store-failures.ts'
import { readExactly } from './read-exactly.ts'
import { systemCode, toStoreFailure } from './system-failure.ts'
import type { TemporaryFile } from './temporary-files.ts'
import { writeFully } from './write-fully.ts'

/** Gives the synced temporary file its key. @throws EngineError as `ObjectStore.put` */
export type PublishFile = (temporaryPath: string, key: string) => Promise<void>

/** A staged object in a temporary file. After a failed write its end is unknown: it can only be discarded. */
export class StagedFile implements StagedObject {
  readonly #file: TemporaryFile
  readonly #publish: PublishFile
  readonly #options: StoreOptions
  #sizeBytes = 0
  #state: 'open' | 'broken' | 'committed' | 'discarded' = 'open'

  constructor(file: TemporaryFile, publish: PublishFile, options: StoreOptions) {
    this.#file = file
    this.#publish = publish
    this.#options = options
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  async write(source: Uint8Array | readonly Uint8Array[]): Promise<void> {
    this.#requireOpen()
    requireNotAborted(this.#options.signal)
    const pieces = piecesOf(source)
    try {
      await writeFully(this.#file.handle, pieces, this.#sizeBytes)
    } catch (error) {
      this.#state = 'broken'
      throw toStoreFailure(error, 'writing an object', null)
    }
    for (const piece of pieces) this.#sizeBytes += piece.length
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    this.#requireOpen()
    requireRange({ offset, length })
    // Before memory is taken for it.
    if (offset + length > this.#sizeBytes) throw endsTooEarly('(staged)', { offset, length }, this.#sizeBytes)
    try {
      return await readExactly(this.#file.handle, '(staged)', { offset, length })
    } catch (error) {
      throw toStoreFailure(error, 'reading back a staged object', null)
    }
  }

  async commit(key: string): Promise<void> {
    this.#requireOpen()
    requireNotAborted(this.#options.signal)
    try {
      // MUST be on disk before the name is: a crash must never show an object with missing bytes.
      await this.#file.handle.sync()
      await this.#publish(this.#file.filePath, key)
    } catch (error) {
      if (!isEngineError(error, 'store.exists') && !isEngineError(error, 'store.invalid-key')) this.#state = 'broken'
      throw toStoreFailure(error, 'storing an object', key)
    }
    this.#state = 'committed'
    await this.#close()
  }

  async discard(): Promise<void> {
    if (this.#state === 'committed' || this.#state === 'discarded') return
    this.#state = 'discarded'
    await this.#close()
    try {
      await unlink(this.#file.filePath)
    } catch (error) {
      // Gone already with the folder, after the store was closed.
      if (systemCode(error) !== 'ENOENT') throw toStoreFailure(error, 'removing a temporary file', null)
    }
  }

  async #close(): Promise<void> {
    try {
      await this.#file.handle.close()
    } catch {
      // Everything that had to be on disk was synced before; the rest is thrown away.
    }
  }

  #requireOpen(): void {
    invariant(this.#state === 'open', `a staged object is used before it is ${this.#state}`)
  }
}
