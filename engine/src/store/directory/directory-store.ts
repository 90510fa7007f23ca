import { open, stat, unlink } from 'node:fs/promises'
import path from 'node:path'
import { EngineError } from '../../errors/index.ts'
import { requireKey, requirePrefix } from '../object-key.ts'
import type { ByteRange, ListedObject, ObjectHead, ObjectStore, StagedObject, StoreOptions } from '../object-store.ts'
import { alreadyExists, endsTooEarly, notFound, requireNotAborted, requireRange } from '../store-failures.ts'
import { DurableFolders, makeFolderDurably, syncFolder } from './durable-folders.ts'
import { FolderMark } from './folder-mark.ts'
import { listFolder } from './list-folder.ts'
import { OpenFiles } from './open-files.ts'
import { detectingPublisher, lockingPublisher } from './publish-file.ts'
import type { Publisher } from './publish-file.ts'
import { readExactly } from './read-exactly.ts'
import { StagedFile } from './staged-file.ts'
import { systemCode, toStoreFailure } from './system-failure.ts'
import { TemporaryFiles } from './temporary-files.ts'

export interface DirectoryStoreOptions {
  /** Makes the folder if it is not there. Else a missing one is `store.unavailable`: its disk may not be mounted. */
  readonly create?: boolean
  /**
   * Key of an object that every store of this kind has. Once it was there, a folder without it is `store.unavailable`, to read, list,
   * write and delete: another folder came to light where the disk of the store was unmounted.
   */
  readonly mark?: string
  /** Files kept open for reading ranges. */
  readonly openFileLimit?: number
  /** `never` for file systems that pretend to have hard links; they are tried otherwise. */
  readonly hardLinks?: 'try' | 'never'
}

const defaultOpenFileLimit = 64

/**
 * Objects as files (mode 0600) in folders (mode 0700) below one folder; the key is the path.
 *
 * An object is written under `+tmp`, synced, and linked to its name, which the kernel refuses where the name is taken; then the
 * folder is synced. So an object is whole or absent after any crash, and never replaced. Reading writes nothing at all.
 * A file that another process deletes may be read here until it falls out of the files kept open.
 * On file systems that ignore case, two keys that differ only in case are one: do not use such keys.
 */
export class DirectoryStore implements ObjectStore {
  readonly #rootPath: string
  readonly #mark: FolderMark
  readonly #folders: DurableFolders
  readonly #temporaryFiles: TemporaryFiles
  readonly #openFiles: OpenFiles
  readonly #publisher: Publisher

  /** Use {@link openDirectoryStore}, which looks at the folder first. */
  constructor(rootPath: string, options: DirectoryStoreOptions) {
    this.#rootPath = path.resolve(rootPath)
    this.#mark = new FolderMark(this.#rootPath, options.mark ?? null)
    this.#folders = new DurableFolders(this.#rootPath, this.#mark)
    this.#temporaryFiles = new TemporaryFiles(this.#rootPath, this.#mark)
    this.#openFiles = new OpenFiles(options.openFileLimit ?? defaultOpenFileLimit)
    const { locks } = this.#temporaryFiles
    this.#publisher = options.hardLinks === 'never' ? lockingPublisher(locks) : detectingPublisher(locks)
  }

  /** From here on the folder has to keep its mark, if it has one. */
  async lookForMark(): Promise<void> {
    await this.#mark.require()
  }

  async put(key: string, source: Uint8Array | readonly Uint8Array[], options: StoreOptions = {}): Promise<void> {
    requireKey(key)
    const staged = await this.#stageFile(options)
    try {
      await staged.write(source)
      await staged.commit(key)
    } catch (error) {
      await discardQuietly(staged)
      throw error
    }
  }

  async stage(options: StoreOptions = {}): Promise<StagedObject> {
    return this.#stageFile(options)
  }

  async get(key: string, range?: ByteRange): Promise<Uint8Array> {
    requireKey(key)
    if (range !== undefined) requireRange(range)
    try {
      return await (range === undefined ? this.#readWhole(key) : this.#readRange(key, range))
    } catch (error) {
      if (!isAbsent(error)) throw toStoreFailure(error, 'reading an object', key)
      await this.#requireMark('reading an object', key)
      throw notFound(key)
    }
  }

  async head(key: string): Promise<ObjectHead | null> {
    requireKey(key)
    try {
      const file = await stat(this.#pathOf(key))
      return file.isFile() ? { sizeBytes: file.size } : null
    } catch (error) {
      if (!isAbsent(error)) throw toStoreFailure(error, 'looking up an object', key)
      await this.#requireMark('looking up an object', key)
      return null
    }
  }

  async *list(prefix: string): AsyncIterable<ListedObject> {
    requirePrefix(prefix)
    try {
      // Straight to the deepest folder that the prefix names.
      yield* listFolder({ rootPath: this.#rootPath, mark: this.#mark }, prefix.slice(0, prefix.lastIndexOf('/') + 1), prefix)
      // Of a disk that is not mounted nothing is listed, and nothing must be taken for gone.
      await this.#mark.require()
    } catch (error) {
      throw toStoreFailure(error, 'listing objects', prefix)
    }
  }

  async delete(key: string): Promise<boolean> {
    requireKey(key)
    this.#openFiles.evict(this.#pathOf(key))
    try {
      await unlink(this.#pathOf(key))
      return true
    } catch (error) {
      if (!isAbsent(error) && !(await this.#isFolder(key))) throw toStoreFailure(error, 'deleting an object', key)
      await this.#requireMark('deleting an object', key)
      return false
    }
  }

  async makeDurable(keys: readonly string[]): Promise<void> {
    for (const key of keys) requireKey(key)
    for (const folderPath of new Set(keys.map((key) => path.dirname(this.#pathOf(key))))) {
      try {
        await syncFolder(folderPath)
      } catch (error) {
        // Without its folder nothing of it is there; but a folder that was unmounted has forgotten nothing.
        if (!isAbsent(error)) throw toStoreFailure(error, 'making names durable', null)
        await this.#requireMark('making names durable', null)
      }
    }
  }

  /** Closes files and removes the own temporary folder. What is staged and not committed is lost. */
  async close(): Promise<void> {
    await this.#openFiles.close()
    await this.#temporaryFiles.close()
  }

  async #stageFile(options: StoreOptions): Promise<StagedFile> {
    requireNotAborted(options.signal)
    try {
      const file = await this.#temporaryFiles.create()
      return new StagedFile(file, (temporaryPath, key) => this.#publish(temporaryPath, key), options)
    } catch (error) {
      throw toStoreFailure(error, 'beginning an object', null)
    }
  }

  async #publish(temporaryPath: string, key: string): Promise<void> {
    requireKey(key)
    const finalPath = this.#pathOf(key)
    const folderPath = path.dirname(finalPath)
    try {
      await this.#inFolder(folderPath, () => this.#publisher.publish(temporaryPath, finalPath))
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error
      // Whoever stored it may have been killed before this step, and the caller may go by its being there.
      await syncFolder(folderPath)
      throw alreadyExists(key)
    }
    await syncFolder(folderPath)
    this.#mark.noteStored(key)
  }

  async #requireMark(doing: string, key: string | null): Promise<void> {
    try {
      await this.#mark.require()
    } catch (error) {
      throw toStoreFailure(error, doing, key)
    }
  }

  async #inFolder(folderPath: string, publish: () => Promise<void>): Promise<void> {
    await this.#folders.ensure(folderPath)
    try {
      await publish()
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error
      // Somebody removed the empty folder since it was last used.
      this.#folders.forget()
      await this.#folders.ensure(folderPath)
      await publish()
    }
  }

  async #readWhole(key: string): Promise<Uint8Array> {
    const handle = await open(this.#pathOf(key), 'r')
    try {
      const { size } = await handle.stat()
      return await readExactly(handle, key, { offset: 0, length: size })
    } finally {
      await handle.close()
    }
  }

  async #readRange(key: string, range: ByteRange): Promise<Uint8Array> {
    return this.#openFiles.use(this.#pathOf(key), async (handle) => {
      const { size } = await handle.stat()
      // Before memory is taken for it.
      if (range.offset + range.length > size) throw endsTooEarly(key, range, size)
      return readExactly(handle, key, range)
    })
  }

  async #isFolder(key: string): Promise<boolean> {
    try {
      return (await stat(this.#pathOf(key))).isDirectory()
    } catch {
      // The error of the deletion itself is the one to tell.
      return false
    }
  }

  #pathOf(key: string): string {
    return path.join(this.#rootPath, key)
  }
}

/** @throws EngineError `store.unavailable` if there is no such folder; as `ObjectStore.put` if it cannot be made. */
export async function openDirectoryStore(rootPath: string, options: DirectoryStoreOptions = {}): Promise<DirectoryStore> {
  try {
    if (options.create === true) await makeFolderDurably(path.resolve(rootPath))
    const folder = await stat(rootPath)
    if (!folder.isDirectory()) throw new EngineError('store.unavailable', 'The place of the store is no folder. Name another one.')
    const store = new DirectoryStore(rootPath, options)
    await store.lookForMark()
    return store
  } catch (error) {
    if (isAbsent(error))
      throw new EngineError('store.unavailable', 'The folder of the store does not exist. Is its disk mounted?', { cause: error })
    throw toStoreFailure(error, 'opening the store', null)
  }
}

async function discardQuietly(staged: StagedObject): Promise<void> {
  try {
    await staged.discard()
  } catch {
    // The failure that led here is the one to tell; the file goes with its folder.
  }
}

/** No such file; or a folder where a file was meant, which is no object either. */
function isAbsent(error: unknown): boolean {
  const code = systemCode(error)
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR'
}
