import type { GlobPart, IncludeGlobs } from './include-globs.ts'
import { keyOf } from '../../tree-pages/index.ts'

interface SelectionNode {
  /** Components of the path that ends here; everything below is selected too. Null on the way to one. */
  selected: readonly Uint8Array[] | null
  isFound: boolean
  readonly children: Map<string, SelectionNode>
}

/** What of a snapshot is wanted: everything, or some paths and all below them; of that all, or what patterns match. */
export class Selection {
  readonly #top: SelectionNode = newNode()
  readonly #globs: IncludeGlobs | null
  /** Entries that are marked as deleted are wanted like all others; else only those that were asked for by name. */
  readonly withDeleted: boolean

  /**
   * @param paths components of each; none at all selects everything, and so does an empty path.
   * @param globs null takes all of it.
   */
  constructor(paths: readonly (readonly Uint8Array[])[], globs: IncludeGlobs | null = null, withDeleted = false) {
    this.#globs = globs
    this.withDeleted = withDeleted
    if (paths.length === 0) this.#top.selected = []
    for (const path of paths) {
      let node = this.#top
      for (const name of path) {
        const child = node.children.get(keyOf(name)) ?? newNode()
        node.children.set(keyOf(name), child)
        node = child
      }
      node.selected = path
    }
  }

  get top(): SelectedPart {
    return new SelectedPart(this.#top, this.#globs?.top ?? null)
  }

  /** How much is wanted shows only when every folder was looked into. */
  get hasGlobs(): boolean {
    return this.#globs !== null
  }

  /** Selected paths, as components, without those inside of others. */
  *paths(node: SelectionNode = this.#top): Generator<readonly Uint8Array[]> {
    if (node.selected !== null) yield node.selected
    else for (const child of node.children.values()) yield* this.paths(child)
  }

  /** Those of {@link paths} that the walk did not come by. */
  *missing(node: SelectionNode = this.#top): Generator<readonly Uint8Array[]> {
    if (node.selected === null) for (const child of node.children.values()) yield* this.missing(child)
    else if (!node.isFound && node !== this.#top) yield node.selected
  }
}

/** A folder as seen by the selection. */
export class SelectedPart {
  readonly #node: SelectionNode | null
  readonly #globs: GlobPart | null

  /** @param node null inside of what is selected as a whole. @param globs null where a pattern has matched, or none is asked for. */
  constructor(node: SelectionNode | null, globs: GlobPart | null) {
    this.#node = node
    this.#globs = globs
  }

  /** It lies on a path that was asked for, or is at its end: not only below one. */
  get isNamed(): boolean {
    return this.#node !== null
  }

  /** False for a folder that is only on the way to something selected. */
  get isWhole(): boolean {
    return this.#isSelected && this.#globs === null
  }

  /** What an entry of this folder is to the selection; null when nothing in it is wanted. */
  child(name: Uint8Array): SelectedPart | null {
    if (this.isWhole) return wholePart
    const node = this.#isSelected ? null : this.#node?.children.get(keyOf(name))
    if (node === undefined) return null
    if (node !== null) node.isFound = true
    const globs = this.#globs?.child(name) ?? null
    if (this.#globs !== null && globs === null) {
      // Whether paths below are there is not looked at any more: they are not wanted, rather than missing.
      if (node !== null) markFound(node)
      return null
    }
    return new SelectedPart(node, globs === 'matched' ? null : globs)
  }

  get #isSelected(): boolean {
    return this.#node === null || this.#node.selected !== null
  }
}

function markFound(node: SelectionNode): void {
  node.isFound = true
  for (const child of node.children.values()) markFound(child)
}

const wholePart = new SelectedPart(null, null)
const newNode = (): SelectionNode => ({ selected: null, isFound: false, children: new Map() })
