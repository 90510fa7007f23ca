import { EngineError, invariant, isEngineError } from '../errors/index.ts'
import {
  isKernelFileSystem,
  openFileSystemRoot,
  readFolder,
  readMetadata,
  type FileMetadata,
  type OpenFile,
  type SourceFolder,
} from '../source/index.ts'
import { splitAbsolutePath } from './absolute-path.ts'
import type { ExcludedPlaces } from './excluded-places.ts'
import { cacheTagName, isCacheTag, patternText, SourceScope, type Exclusions, type Verdict } from './exclusion/index.ts'
import { FolderRules } from './folder-rules.ts'
import { sourceTakenAway, whyMissing, type MissingName } from './missing-names.ts'
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
      /** Path the system takes for it, with a slash at the end. */
      readonly access: Buffer
    }
  | { readonly kind: 'folder-end' }
  /** Anything but a folder. */
  | {
      readonly kind: 'entry'
      readonly name: Buffer
      readonly metadata: FileMetadata
      /** Path the system takes for it: a view, valid until the next step, and for deep trees not the one it is known by. */
      readonly access: Buffer
      readonly isSource: boolean
    }
  | {
      readonly kind: 'problem'
      readonly name: Buffer
      readonly metadata: FileMetadata | null
      readonly error: EngineError
      readonly isSource: boolean
    }
  /** It was listed, and was gone when it was looked at. */
  | { readonly kind: 'vanished'; readonly name: Buffer }
  /** At the end of a folder: that something was gone is no mere deletion. Names nothing that a tree could hold at this place. */
  | { readonly kind: 'loss'; readonly path: Buffer; readonly error: EngineError; readonly isSource: boolean }

interface InSource {
  /** Null where no rule holds: above the sources, and where nothing is left out. */
  readonly scope: SourceScope | null
  /** Path in the source as the rules take it: empty for the source itself, and without a scope. */
  readonly within: string
}
const noScope: InSource = { scope: null, within: '' }

interface OpenFolder extends InSource {
  /** Absolute, with a slash at the end. */
  readonly path: Buffer
  /** The same folder in a form the system takes, with a slash at the end. */
  access: Buffer
  readonly name: Buffer
  /** What the look at it has shown; null for `/`. */
  readonly metadata: FileMetadata | null
  names: readonly Buffer[]
  /** For an ancestor, the nodes that the names are of. */
  readonly nodes: readonly SourceNode[] | null
  readonly excludedNames: ReadonlySet<string> | null
  /** Of its contents all is left out, or all but the tag of a cache. */
  leftOut: 'all' | 'but-tag' | null
  next: number
  /** Opened when something in it is to be opened. */
  handle: SourceFolder | null
  /** None for an ancestor: what is asked for by name is a problem where it is missing. */
  readonly missing: MissingName[]
}

/** What was left out, where it was met: what lies in an excluded folder is never seen, and not counted. */
export interface LeftOut {
  /** By patterns, and contents of caches. */
  entries: number
  cacheFolders: number
  /** Folders kept empty: another file system that was not asked for, or one that the kernel makes up. */
  mountPoints: number
  /** Places that are never kept; a source that is one is a problem instead. */
  ownPlaces: number
}

export type OnLeftOut = (folder: Buffer, name: Buffer) => void

/** A path longer than this goes through an open folder instead; PATH_MAX is 4096, a name takes up to 255. */
const longestAccessBytes = 3072
const slash = Buffer.from('/')
const noBytes = Buffer.alloc(0)

/**
 * Walks all sources as one tree from `/`: depth first, entries of a folder ascending by raw name bytes. Never follows a symlink,
 * opens nothing but folders, holds one folder's names for each level.
 *
 * What is looked at goes by path, which is twice as fast as any other way; what is opened goes through open folders, each opened
 * from the one above it and compared with what was looked at, so that content never comes from elsewhere. Where a path gets longer
 * than the system takes, looking goes on from an open folder as well: depth is bounded only by the number of open files.
 */
export class Walk implements Iterable<WalkStep> {
  readonly #excluded: ExcludedPlaces
  readonly #exclusions: Exclusions | null
  readonly #onLeftOut: OnLeftOut | null
  readonly #top: SourceNode
  readonly #open: OpenFolder[] = []
  /** Path of the entry in hand: the folder's part is written once, names are copied behind it. */
  readonly #scratch = Buffer.alloc(longestAccessBytes + 2048)
  #scratchOwner: OpenFolder | null = null
  readonly #leftOut: LeftOut = { entries: 0, cacheFolders: 0, mountPoints: 0, ownPlaces: 0 }

  /** @param onLeftOut told of each entry that a pattern leaves out: the folder it is in, absolute and with a slash at its end, and its name. */
  constructor(sources: SourceSet, excluded: ExcludedPlaces, exclusions: Exclusions | null = null, onLeftOut: OnLeftOut | null = null) {
    this.#top = sources.top
    this.#excluded = excluded
    this.#exclusions = exclusions
    this.#onLeftOut = onLeftOut
  }

  /** So far. */
  get leftOut(): Readonly<LeftOut> {
    return this.#leftOut
  }

  *[Symbol.iterator](): Generator<WalkStep, void, void> {
    try {
      yield this.#start(noBytes, this.#top, null)
      for (let folder = this.#open.at(-1); folder !== undefined; folder = this.#open.at(-1)) {
        if (folder.next < folder.names.length) {
          const step = this.#visit(folder, folder.next++)
          if (step !== null) yield step
        } else {
          if (folder.missing.length > 0) yield* this.#tellLosses(folder)
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

  /**
   * Opens a file of the folder in hand for reading.
   * @throws EngineError `source.*`; `source.not-found` when it, or its folder, is gone
   */
  openFile(name: Buffer): OpenFile {
    try {
      return this.#handleOf(this.#open.length - 1).openFile(name)
    } catch (error) {
      const folder = this.#open.at(-1)
      if (isEngineError(error, 'source.not-found') && folder?.nodes === null) folder.missing.push({ name, wasSeen: true })
      throw error
    }
  }

  /** What would be left out of the folder in hand, were it there: to be asked for when the folder has just started. */
  rulesInHand(): FolderRules {
    const folder = this.#open.at(-1)
    invariant(folder !== undefined, 'rules are those of an open folder')
    const rules = { excluded: this.#excluded, exclusions: this.#exclusions }
    const path = folder.path.length === 1 ? folder.path : folder.path.subarray(0, -1)
    if (folder.nodes !== null) return new FolderRules(rules, path, { kind: 'nodes', nodes: folder.nodes })
    if (folder.leftOut === 'all') return new FolderRules(rules, path, { kind: 'nothing' })
    if (folder.leftOut === 'but-tag') return new FolderRules(rules, path, { kind: 'cache-tag' })
    return new FolderRules(rules, path, { kind: 'by-rules', scope: folder.scope, within: folder.within })
  }

  #visit(folder: OpenFolder, index: number): WalkStep | null {
    const name = folder.names[index]!
    const node = folder.nodes?.[index] ?? null
    // Known before the look where it can be: what is excluded may be a mount of a server that does not answer.
    const verdict = folder.scope === null ? 'keep' : folder.scope.verdictOf(folder.within, name)
    if (verdict === 'exclude') return this.#leaveOut(folder, name)
    let metadata: FileMetadata | null = null
    try {
      const access = this.#accessTo(folder, name)
      metadata = readMetadata(access)
      if (this.#isExcluded(folder, name, metadata)) return this.#leavePlace(name, metadata, node)
      if (leavesOut(verdict, metadata)) return this.#leaveOut(folder, name)
      if (metadata.type === 'folder') return this.#start(name, node, metadata)
      const wrong = node === null ? null : wrongSource(node, folder)
      if (wrong !== null) return problem(name, metadata, wrong, true)
      return { kind: 'entry', name, metadata, access, isSource: node !== null }
    } catch (error) {
      if (metadata === null && error instanceof EngineError && leavesOut(verdict, null)) return this.#leaveOut(folder, name)
      const step = notVisited(name, metadata, error, node)
      if (step.kind === 'vanished') folder.missing.push({ name, wasSeen: false })
      return step
    }
  }

  /** Looks once more at a folder, the one in hand, in which something was missing. */
  *#tellLosses(folder: OpenFolder): Generator<WalkStep, void, void> {
    const path = folder.path.subarray(0, Math.max(1, folder.path.length - 1))
    const why = whyMissing({
      ...folder,
      look: (name) => readMetadata(this.#accessTo(folder, name)),
      open: (name) => this.#handleOf(this.#open.length - 1).openFile(name),
    })
    if (why.kind === 'names') {
      for (const { name, error } of why.problems) yield { kind: 'loss', path: this.pathOf(name), error, isSource: false }
    } else if (why.kind === 'folder') yield { kind: 'loss', path, error: why.error, isSource: this.#open.at(-2)?.nodes !== null }
    else {
      // Deleted with all that is in it, or more than that: the folder above knows.
      const above = this.#open.at(-2)
      if (above?.nodes === null) above.missing.push({ name: folder.name, wasSeen: false })
      else yield { kind: 'loss', path, error: sourceTakenAway(), isSource: true }
    }
  }

  #leaveOut(folder: OpenFolder, name: Buffer): null {
    this.#leftOut.entries++
    this.#onLeftOut?.(folder.path, name)
    return null
  }

  #leavePlace(name: Buffer, metadata: FileMetadata, node: SourceNode | null): WalkStep | null {
    if (node !== null) return problem(name, metadata, excludedSource(), true)
    this.#leftOut.ownPlaces++
    return null
  }

  #start(name: Buffer, node: SourceNode | null, metadata: FileMetadata | null): WalkStep {
    const above = this.#open.at(-1)
    const path = above === undefined ? slash : Buffer.concat([above.path, name, slash])
    const shortPath = path.length === 1 ? path : path.subarray(0, -1)
    const access = above === undefined ? path : Buffer.concat([above.access, name, slash])
    const isAncestor = node !== null && !node.isSource
    const inSource = node === null && above !== undefined ? this.#continueScope(above, name) : this.#startScope(node, shortPath, metadata)
    if (!isAncestor && isMadeUp(access, { metadata, above, node, inSource })) {
      if (node !== null) return problem(name, metadata, kernelFileSystem(), true)
      return this.#enter({ path, access, name, metadata, ...this.#keepEmpty(), nodes: null, ...inSource }, isAncestor)
    }
    const nodes = isAncestor ? node.children : null
    const contents =
      nodes === null ? this.#contentsOf(access, inSource, metadata) : { names: nodes.map((child) => child.name), leftOut: null }
    return this.#enter({ path, access, name, metadata, ...contents, nodes, ...inSource }, isAncestor)
  }

  #enter(found: Omit<OpenFolder, 'excludedNames' | 'next' | 'handle' | 'missing'>, isAncestor: boolean): WalkStep {
    const path = found.path.length === 1 ? found.path : found.path.subarray(0, -1)
    const folder: OpenFolder = { ...found, excludedNames: this.#excluded.namesIn(path), next: 0, handle: null, missing: [] }
    this.#open.push(folder)
    if (folder.access.length > longestAccessBytes) this.#shortenAccess(folder)
    if (folder.scope?.leavesCaches === true && folder.within !== '') this.#leaveCache(folder)
    return { kind: 'folder-start', path, name: folder.name, metadata: folder.metadata, isAncestor, access: folder.access }
  }

  #startScope(node: SourceNode | null, path: Buffer, metadata: FileMetadata | null): InSource {
    if (this.#exclusions === null || node === null || !node.isSource) return noScope
    const device = (): bigint => (metadata ?? readMetadata(slash)).device
    return { scope: SourceScope.of(this.#exclusions, splitAbsolutePath(path), device), within: '' }
  }

  #continueScope({ scope, within }: OpenFolder, name: Buffer): InSource {
    return scope === null ? noScope : { scope, within: `${within}${patternText(name)}/` }
  }

  #contentsOf(access: Buffer, inSource: InSource, metadata: FileMetadata | null): Pick<OpenFolder, 'names' | 'leftOut'> {
    return isElsewhere(inSource, metadata) ? this.#keepEmpty() : { names: readFolder(access), leftOut: null }
  }

  #keepEmpty(): Pick<OpenFolder, 'names' | 'leftOut'> {
    this.#leftOut.mountPoints++
    return { names: [], leftOut: 'all' }
  }

  /** Of a cache only the tag stays: as GNU tar and restic do, so that the folder is there again and is known for what it is. */
  #leaveCache(folder: OpenFolder): void {
    if (!folder.names.some((name) => cacheTagName.equals(name))) return
    const level = this.#open.length - 1
    if (!isCacheTag(() => this.#handleOf(level).openFile(cacheTagName))) return
    this.#leftOut.cacheFolders++
    this.#leftOut.entries += folder.names.length - 1
    for (const name of folder.names) if (!cacheTagName.equals(name)) this.#onLeftOut?.(folder.path, name)
    folder.names = [cacheTagName]
    folder.leftOut = 'but-tag'
  }

  #shortenAccess(folder: OpenFolder): void {
    try {
      folder.access = Buffer.from(`${this.#handleOf(this.#open.length - 1).path}/`)
    } catch (error) {
      this.#leave()
      throw error
    }
  }

  /** Opens the folder of a level, and those above it, unless they are open. */
  #handleOf(level: number): SourceFolder {
    let open = level
    while (open > 0 && this.#open[open]!.handle === null) open--
    let handle = this.#open[open]!.handle ?? openTop()
    this.#open[open]!.handle = handle
    for (const folder of this.#open.slice(open + 1, level + 1)) {
      handle = handle.openFolder(folder.name, folder.metadata!)
      folder.handle = handle
    }
    return handle
  }

  #leave(): void {
    this.#open.pop()?.handle?.close()
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

/** @param metadata null = of a kind that cannot be known, like a mount that root may not look at: a rule that might mean it does. */
const leavesOut = (verdict: Verdict, metadata: FileMetadata | null): boolean =>
  verdict !== 'keep' && (metadata === null || (verdict === 'exclude-folder') === (metadata.type === 'folder'))

/** It lies on another file system than its source, and those are not wanted: it is not even asked what it is, which could mount it. */
const isElsewhere = ({ scope, within }: InSource, metadata: FileMetadata | null): boolean =>
  scope !== null && metadata !== null && within !== '' && scope.isElsewhere(metadata.device)

interface FolderToEnter {
  readonly metadata: FileMetadata | null
  readonly above: OpenFolder | undefined
  readonly node: SourceNode | null
  readonly inSource: InSource
}

/** Asked of each source, and where another file system begins. */
function isMadeUp(access: Buffer, { metadata, above, node, inSource }: FolderToEnter): boolean {
  if (metadata === null || (node === null && metadata.device === above?.metadata?.device)) return false
  return !isElsewhere(inSource, metadata) && isKernelFileSystem(access)
}

/** Why what was asked for by name, and is no folder, cannot be kept. */
function wrongSource(node: SourceNode, folder: OpenFolder): EngineError | null {
  if (!node.isSource) return notAFolder()
  return isKernelFileSystem(folder.access) ? kernelFileSystem() : null
}

/** A look that failed. @throws the error, when it is not about the thing that was looked at. */
function notVisited(name: Buffer, metadata: FileMetadata | null, error: unknown, node: SourceNode | null): WalkStep {
  if (!(error instanceof EngineError)) throw error
  // Gone between listing and looking: it is simply not there any more. A source that is not there was asked for by name.
  if (error.code === 'source.not-found' && node === null) return { kind: 'vanished', name }
  return problem(name, metadata, error, node !== null)
}

function openTop(): SourceFolder {
  const top = openFileSystemRoot()
  if (top !== null) return top
  throw new EngineError(
    'native.unavailable',
    'Backing up needs the native part of the agent, or /proc, and this machine has neither. Install the agent for this system and processor.',
  )
}

const problem = (name: Buffer, metadata: FileMetadata | null, error: EngineError, isSource: boolean): WalkStep => ({
  kind: 'problem',
  name,
  metadata,
  error,
  isSource,
})

const excludedSource = (): EngineError =>
  new EngineError('source.unsupported', 'This place belongs to Holdfast itself and is never backed up. Take it out of the sources.')

const kernelFileSystem = (): EngineError =>
  new EngineError(
    'source.unsupported',
    'This shows the state of the running system and holds no files to back up. Take it out of the sources.',
  )

const notAFolder = (): EngineError =>
  new EngineError('source.not-found', 'A source does not exist: something on the way to it is not a folder. Check the path.')
