import { keyOf } from './tree-pages.ts'

interface SelectionNode {
  /** Components of the path that ends here; everything below is selected too. Null on the way to one. */
  selected: readonly Uint8Array[] | null
  isFound: boolean
  readonly children: Map<string, SelectionNode>
}

/** What of a snapshot is wanted: everything, or some paths and all below them. */
export class Selection {
  readonly #top: SelectionNode = newNode()

  /** @param paths components of each; none at all selects everything, and so does an empty path. */
  constructor(paths: readonly (readonly Uint8Array[])[]) {
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
    return new SelectedPart(this.#top)
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

  /** @param node null inside of what is selected as a whole. */
  constructor(node: SelectionNode | null) {
    this.#node = node
  }

  /** False for a folder that is only on the way to something selected. */
  get isWhole(): boolean {
    return this.#node === null || this.#node.selected !== null
  }

  /** What an entry of this folder is to the selection; null when nothing in it is wanted. */
  child(name: Uint8Array): SelectedPart | null {
    if (this.isWhole) return wholePart
    const node = this.#node?.children.get(keyOf(name))
    if (node === undefined) return null
    node.isFound = true
    return new SelectedPart(node)
  }
}

const wholePart = new SelectedPart(null)
const newNode = (): SelectionNode => ({ selected: null, isFound: false, children: new Map() })
