import { closeSync, constants, openSync } from 'node:fs'
import { EngineError } from '../errors/index.ts'
import { readFolder, readMetadata, type FileMetadata } from '../source/index.ts'
import type { ExcludedPlaces } from './excluded-places.ts'
import type { SourceNode, SourceSet } from './source-set.ts'

/** What a walk comes by, in order: a folder's entries lie between its start and its end, ascending by raw name bytes. */
export type WalkStep =
  | {
      readonly kind: 'folder-start'
      /** Absolute, without a slash at the end but for `/`. */
      readonly path: Buffer
      /** Empty for `/`. */
      readonly name: Buffer
      /** Null for `/`. */
      readonly metadata: FileMetadata | null
      /** Only part of it is kept: it lies above a source. */
      readonly isAncestor: boolean
    }
  | { readonly kind: 'folder-end' }
  /** Anything but a folder. */
  | {
      readonly kind: 'entry'
      readonly name: Buffer
      readonly metadata: FileMetadata
      /** Path to open it by: a view, valid until the next step, and not always the path it is known by (see {@link Walk}). */
      readonly access: Buffer
    }
  | { readonly kind: 'problem'; readonly name: Buffer; readonly metadata: FileMetadata | null; readonly error: EngineError; readonly isSource: boolean }
  /** It was listed, and was gone when it was looked at. */
  | { readonly kind: 'vanished'; readonly name: Buffer }

interface OpenFolder {
  /** Absolute, with a slash at the end. */
  readonly path: Buffer
  /** The same folder in a form the system takes, with a slash at the end. */
  readonly access: Buffer
  /** Names, or for an ancestor the nodes, of what is in it. */
  readonly names: readonly Buffer[]
  readonly nodes: readonly SourceNode[] | null
  readonly excludedNames: ReadonlySet<string> | null
  next: number
  /** Held open while `access` goes through it. */
  readonly fd: number | null
}

/** A path longer than this is cut by going through a descriptor of its folder; PATH_MAX is 4096, a name takes up to 255. */
const longestAccessBytes = 3072
const noBytes = Buffer.alloc(0)

/**
 * Walks all sources as one tree from `/`: depth first, entries of a folder ascending by raw name bytes. Never follows a symlink,
 * opens nothing but folders, holds one folder's names for each level.
 *
 * Deep trees: where a path gets longer than the system takes, the walk goes on from `/proc/self/fd/N` of a folder it holds open, so
 * depth is bounded only by open files (one for each 3 KiB of path). Where there is no /proc such a folder is a problem entry.
 */
export class Walk implements Iterable<WalkStep> {
  readonly #excluded: ExcludedPlaces
  readonly #top: SourceNode
  readonly #open: OpenFolder[] = []
  /** Path of the entry in hand: the folder's part is written once, names are copied behind it. */
  readonly #scratch = Buffer.alloc(longestAccessBytes + 2048)
  #scratchOwner: OpenFolder | null = null

  constructor(sources: SourceSet, excluded: ExcludedPlaces) {
    this.#top = sources.top
    this.#excluded = excluded
  }

  *[Symbol.iterator](): Generator<WalkStep, void, void> {
    try {
      yield this.#start(noBytes, this.#top, null)
      for (let folder = this.#open.at(-1); folder !== undefined; folder = this.#open.at(-1)) {
        if (folder.next < folder.names.length) {
          const step = this.#visit(folder, folder.next++)
          if (step !== null) yield step
        } else {
          this.#leave()
          yield { kind: 'folder-end' }
        }
      }
    } finally {
      while (this.#open.length > 0) this.#leave()
    }
  }

  /** Absolute path of an entry of the folder in hand. */
  pathOf(name: Uint8Array): Buffer {
    return Buffer.concat([this.#open.at(-1)?.path ?? noBytes, name])
  }

  #visit(folder: OpenFolder, index: number): WalkStep | null {
    const name = folder.names[index]!
    const node = folder.nodes?.[index] ?? null
    const isSource = node?.isSource === true
    const access = this.#accessTo(folder, name)
    let metadata: FileMetadata | null = null
    try {
      metadata = readMetadata(access)
      if (this.#isExcluded(folder, name, metadata)) return node === null ? null : problem(name, metadata, excludedSource(), true)
      if (metadata.type !== 'folder') {
        if (node !== null && !isSource) return problem(name, metadata, notAFolder(), true)
        return { kind: 'entry', name, metadata, access }
      }
      return this.#start(name, node, metadata)
    } catch (error) {
      if (!(error instanceof EngineError)) throw error
      // Gone between listing and looking: it is simply not there any more. A source that is not there was asked for by name.
      if (error.code === 'source.not-found' && node === null) return { kind: 'vanished', name }
      return problem(name, metadata, error, node !== null)
    }
  }

  #start(name: Buffer, node: SourceNode | null, metadata: FileMetadata | null): WalkStep {
    const above = this.#open.at(-1)
    const path = above === undefined ? Buffer.from('/') : Buffer.concat([above.path, name, Buffer.from('/')])
    const shortPath = path.length === 1 ? path : path.subarray(0, -1)
    const { access, fd } = above === undefined ? { access: path, fd: null } : accessFolder(Buffer.concat([above.access, name, Buffer.from('/')]))
    const isAncestor = node !== null && !node.isSource
    try {
      const nodes = isAncestor ? node.children : null
      const names = nodes === null ? readFolder(access) : nodes.map((child) => child.name)
      this.#open.push({ path, access, names, nodes, excludedNames: this.#excluded.namesIn(shortPath), next: 0, fd })
    } catch (error) {
      if (fd !== null) closeSync(fd)
      throw error
    }
    return { kind: 'folder-start', path: shortPath, name, metadata, isAncestor }
  }

  #leave(): void {
    const folder = this.#open.pop()
    if (folder !== undefined && folder.fd !== null) closeSync(folder.fd)
  }

  #isExcluded(folder: OpenFolder, name: Buffer, metadata: FileMetadata): boolean {
    if (folder.excludedNames !== null && folder.excludedNames.has(name.toString('latin1'))) return true
    return this.#excluded.hasInode(metadata.device, metadata.inode)
  }

  #accessTo(folder: OpenFolder, name: Buffer): Buffer {
    if (this.#scratchOwner !== folder) {
      folder.access.copy(this.#scratch)
      this.#scratchOwner = folder
    }
    name.copy(this.#scratch, folder.access.length)
    return this.#scratch.subarray(0, folder.access.length + name.length)
  }
}

/** Shortens a folder's path by opening it, where it would get too long. */
function accessFolder(access: Buffer): { access: Buffer; fd: number | null } {
  if (access.length <= longestAccessBytes) return { access, fd: null }
  const fd = openSync(access.subarray(0, -1), constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  return { access: Buffer.from(`/proc/self/fd/${fd}/`), fd }
}

const problem = (name: Buffer, metadata: FileMetadata | null, error: EngineError, isSource: boolean): WalkStep => ({ kind: 'problem', name, metadata, error, isSource })

const excludedSource = (): EngineError =>
  new EngineError('source.unsupported', 'This place belongs to Holdfast itself and is never backed up. Take it out of the sources.')

const notAFolder = (): EngineError => new EngineError('source.not-found', 'A source does not exist: something on the way to it is not a folder. Check the path.')
