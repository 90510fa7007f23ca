import { joinComponents, splitAbsolutePath } from './absolute-path.ts'
import type { ExcludedPlaces } from './excluded-places.ts'
import { cacheTagName, patternText, SourceScope, type Exclusions, type Verdict } from './exclusion/index.ts'
import type { SourceNode } from './source-set.ts'

/** What is the same for a whole walk. */
export interface WalkRules {
  readonly excluded: ExcludedPlaces
  readonly exclusions: Exclusions | null
}

/** What of a folder's contents is taken: the sources on the way, what the rules leave, of a cache its tag, or nothing. */
type Taken =
  | { readonly kind: 'nodes'; readonly nodes: readonly SourceNode[] }
  | { readonly kind: 'by-rules'; readonly scope: SourceScope | null; readonly within: string }
  | { readonly kind: 'cache-tag' }
  | { readonly kind: 'nothing' }

/**
 * What a backup would leave out of a folder, were it there: for names that a walk does not come by any more. What only a look at the
 * thing itself could tell, like the file system it lay on, leaves nothing out.
 */
export class FolderRules {
  readonly #rules: WalkRules
  /** Absolute, without a slash at the end but for `/`. */
  readonly #path: Buffer
  readonly #taken: Taken

  constructor(rules: WalkRules, path: Buffer, taken: Taken) {
    this.#rules = rules
    this.#path = path
    this.#taken = taken
  }

  /** It lies above the sources, and only those are taken of it. */
  get isAncestor(): boolean {
    return this.#taken.kind === 'nodes'
  }

  /** Of folders with a valid CACHEDIR.TAG only the tag is taken. */
  get leavesCaches(): boolean {
    return this.#taken.kind === 'by-rules' && this.#taken.scope?.leavesCaches === true && this.#taken.within !== ''
  }

  leavesOut(name: Uint8Array, isFolder: boolean): boolean {
    const bytes = Buffer.from(name)
    if (this.#rules.excluded.namesIn(this.#path)?.has(bytes.toString('latin1')) === true) return true
    const taken = this.#taken
    switch (taken.kind) {
      case 'nodes':
        return nodeOf(taken.nodes, bytes) === undefined
      case 'by-rules':
        return taken.scope !== null && leavesOut(taken.scope.verdictOf(taken.within, bytes), isFolder)
      case 'cache-tag':
        return !cacheTagName.equals(bytes)
      case 'nothing':
        return true
    }
  }

  /** Of a folder in it that is taken. */
  below(name: Uint8Array): FolderRules {
    const bytes = Buffer.from(name)
    const path = joinComponents([...splitAbsolutePath(this.#path), bytes])
    return new FolderRules(this.#rules, path, this.#takenBelow(bytes, path))
  }

  /** The same folder, where it is known to hold a valid CACHEDIR.TAG. */
  asCache(): FolderRules {
    return new FolderRules(this.#rules, this.#path, { kind: 'cache-tag' })
  }

  #takenBelow(name: Buffer, path: Buffer): Taken {
    const taken = this.#taken
    switch (taken.kind) {
      case 'nodes': {
        const node = nodeOf(taken.nodes, name)
        if (node === undefined) return { kind: 'nothing' }
        return node.isSource ? this.#takenOfSource(path) : { kind: 'nodes', nodes: node.children }
      }
      case 'by-rules':
        return taken.scope === null ? taken : { ...taken, within: `${taken.within}${patternText(name)}/` }
      case 'cache-tag':
      case 'nothing':
        return { kind: 'nothing' }
    }
  }

  #takenOfSource(path: Buffer): Taken {
    const { exclusions } = this.#rules
    // Which file system it lies on cannot be asked of what is not there.
    const scope = exclusions === null ? null : SourceScope.of({ ...exclusions, otherFileSystems: false }, splitAbsolutePath(path), () => 0n)
    return { kind: 'by-rules', scope, within: '' }
  }
}

const nodeOf = (nodes: readonly SourceNode[], name: Buffer): SourceNode | undefined => nodes.find((node) => node.name.equals(name))

const leavesOut = (verdict: Verdict, isFolder: boolean): boolean =>
  verdict === 'exclude' || verdict === (isFolder ? 'exclude-folder' : 'exclude-other')
