import { finishMurmur } from '../bytes/index.ts'
import { encodeInteriorPage, LeafPageWriter } from './tree-page.ts'
import type { PageChild, TreeEntry } from './tree-entry.ts'

/** Pages of 64–2048 entries, 256 + 64 on average: adding a file to a folder of 100,000 rewrites one page and the one above it. */
const minEntries = 64
const maxEntries = 2048
const boundaryMask = 0xff
/** Links alone could otherwise make a page larger than a blob may be: 2048 of 4 KiB. */
const fullBytes = 1024 * 1024
const maxChildren = 1024
const noName = new Uint8Array(0)

/** Where page boundaries fall, kept secret by the domain's chunking key. */
export const pageSeedOf = (cdcKey: Uint8Array): number =>
  new DataView(cdcKey.buffer, cdcKey.byteOffset, cdcKey.byteLength).getUint32(0, true)

/** FNV-1a from a secret start, then the 32-bit finaliser of MurmurHash3, because FNV's low bits alone mix too little. */
function mixName(seed: number, name: Uint8Array): number {
  let hash = (0x811c9dc5 ^ seed) | 0
  for (const byte of name) hash = Math.imul(hash ^ byte, 0x01000193)
  return finishMurmur(hash)
}

/**
 * Stores a folder as one or more tree pages while its entries arrive: the same entries give the same pages, and a changed entry
 * changes few. Holds one page (at most 2048 entries) and 60 bytes for each page before it, however large the folder.
 */
export class FolderPageBuilder {
  readonly #pageSeed: number
  readonly #put: (page: Uint8Array) => Uint8Array
  #leaf = new LeafPageWriter()
  #pages: PageChild[] = []

  /** @param put stores a tree-page blob and gives its id; called in a fixed order, the root last. */
  constructor(pageSeed: number, put: (page: Uint8Array) => Uint8Array) {
    this.#pageSeed = pageSeed
    this.#put = put
  }

  /** @param entry comes after the one before by raw name bytes; its name is kept: do not change it. */
  add(entry: TreeEntry): void {
    const leaf = this.#leaf
    leaf.add(entry)
    const isFull = leaf.count >= maxEntries || leaf.entryBytes >= fullBytes
    if (isFull || (leaf.count >= minEntries && (mixName(this.#pageSeed, entry.name) & boundaryMask) === 0)) this.#closePage()
  }

  /** @returns id of the root page; an empty folder has one too. */
  finish(): Uint8Array {
    if (this.#leaf.count > 0 || this.#pages.length === 0) this.#closePage()
    let children = this.#pages
    for (let level = 1; children.length > 1; level++) children = this.#pagesAbove(level, children)
    return children[0]!.page
  }

  #closePage(): void {
    const leaf = this.#leaf
    this.#leaf = new LeafPageWriter()
    this.#pages.push({ firstName: leaf.firstName ?? noName, page: this.#put(leaf.toBytes()), entries: leaf.count })
  }

  #pagesAbove(level: number, children: readonly PageChild[]): PageChild[] {
    const above: PageChild[] = []
    for (let from = 0; from < children.length; from += maxChildren) {
      const part = children.slice(from, from + maxChildren)
      above.push({
        firstName: part[0]!.firstName,
        page: this.#put(encodeInteriorPage(level, part)),
        entries: part.reduce((sum, child) => sum + child.entries, 0),
      })
    }
    return above
  }
}

/**
 * The same for entries that are all at hand.
 *
 * @param entries strictly ascending by raw name bytes; may be empty.
 * @returns id of the root page.
 */
export function buildFolderPages(entries: readonly TreeEntry[], pageSeed: number, put: (page: Uint8Array) => Uint8Array): Uint8Array {
  const pages = new FolderPageBuilder(pageSeed, put)
  for (const entry of entries) pages.add(entry)
  return pages.finish()
}
