/** One thing of a tree, by what matters here. */
export interface Thing {
  readonly kind: 'file' | 'folder' | 'link' | 'error'
  /** Content of a file, target of a link. */
  readonly text: string
  readonly deletedAtMs: number | null
}
/** By path below the folder that holds all sources, `one/a/b`; a folder comes before what is in it. */
export type Tree = ReadonlyMap<string, Thing>

export interface SourceNow {
  readonly tree: Tree
  /** Folders that cannot be looked into, and files that cannot be read: `tree` has nothing of what is in such a folder. */
  readonly closed: ReadonlySet<string>
  /** Names that are left out, as gitignore has them: with a slash at the end for folders alone. */
  readonly excluded: readonly string[]
  /** Sources that are asked for; one that `tree` does not have is not there. */
  readonly sources: readonly string[]
}

/** What the newest snapshot has to be: said once more, in the plainest way, by whole trees and without any merging. */
export function nextSnapshot(last: Tree, now: SourceNow, nowMs: number): Tree {
  return new NextSnapshot(last, now, nowMs).make()
}

class NextSnapshot {
  readonly #last: Tree
  readonly #now: SourceNow
  readonly #nowMs: number
  readonly #next = new Map<string, Thing>()

  constructor(last: Tree, now: SourceNow, nowMs: number) {
    this.#last = last
    this.#now = now
    this.#nowMs = nowMs
  }

  make(): Tree {
    for (const source of this.#now.sources) {
      if (this.#now.tree.get(source) === undefined || this.#now.closed.has(source)) this.#putClosed(source, folder)
      else this.#putCurrent(source)
    }
    return new Map([...this.#next].toSorted(([left], [right]) => (left < right ? -1 : 1)))
  }

  #putCurrent(path: string): void {
    const thing = this.#now.tree.get(path)!
    if (this.#now.closed.has(path)) return this.#putClosed(path, thing)
    this.#next.set(path, thing)
    if (thing.kind !== 'folder') return
    // A file whose name is now that of a folder that is left out is as gone as any other.
    const current = childrenOf(this.#now.tree, path).filter((child) => !this.#isExcluded(child, this.#now.tree))
    const before = this.#last.get(path)?.kind === 'folder' ? childrenOf(this.#last, path) : []
    for (const child of current) this.#putCurrent(child)
    for (const child of before) if (!current.includes(child)) this.#keep(child)
  }

  #keep(path: string): void {
    const thing = this.#last.get(path)!
    if (thing.kind === 'error' || this.#isExcluded(path, this.#last)) return
    this.#next.set(path, { ...thing, deletedAtMs: thing.deletedAtMs ?? this.#nowMs })
    if (thing.kind === 'folder') for (const child of childrenOf(this.#last, path)) this.#keep(child)
  }

  #putClosed(path: string, thing: Thing): void {
    const was = this.#last.get(path)
    if (thing.kind !== 'folder' || was?.kind !== 'folder' || !this.#holdsKept(path)) this.#next.set(path, failed)
    else this.#carry(path)
  }

  #carry(path: string): void {
    this.#next.set(path, folder)
    for (const child of childrenOf(this.#last, path)) {
      const thing = this.#last.get(child)!
      if (thing.kind === 'error' || this.#isExcluded(child, this.#last)) continue
      if (thing.deletedAtMs !== null) this.#keep(child)
      else if (thing.kind === 'folder' && this.#holdsKept(child)) this.#carry(child)
      else this.#next.set(child, failed)
    }
  }

  #holdsKept(path: string): boolean {
    return childrenOf(this.#last, path).some((child) => {
      const thing = this.#last.get(child)!
      if (thing.kind === 'error' || this.#isExcluded(child, this.#last)) return false
      return thing.deletedAtMs !== null || (thing.kind === 'folder' && this.#holdsKept(child))
    })
  }

  #isExcluded(path: string, tree: Tree): boolean {
    const name = path.split('/').at(-1)!
    return this.#now.excluded.includes(name) || (tree.get(path)?.kind === 'folder' && this.#now.excluded.includes(`${name}/`))
  }
}

const childrenOf = (tree: Tree, path: string): string[] =>
  [...tree.keys()].filter((other) => other.startsWith(`${path}/`) && !other.slice(path.length + 1).includes('/'))

const folder: Thing = { kind: 'folder', text: '', deletedAtMs: null }
const failed: Thing = { kind: 'error', text: '', deletedAtMs: null }
