import { encodeInteriorPage, encodeLeafPage } from './tree-page.ts'
import type { PageChild, TreeEntry } from './tree-entry.ts'

/** Pages of 64–2048 entries, 256 + 64 on average: adding a file to a folder of 100,000 rewrites one page and the one above it. */
const minEntries = 64
const maxEntries = 2048
const boundaryMask = 0xff
const maxChildren = 1024

/** Where page boundaries fall, kept secret by the domain's chunking key. */
export const pageSeedOf = (cdcKey: Uint8Array): number => new DataView(cdcKey.buffer, cdcKey.byteOffset, cdcKey.byteLength).getUint32(0, true)

/** FNV-1a from a secret start, then the 32-bit finaliser of MurmurHash3, because FNV's low bits alone mix too little. */
function mixName(seed: number, name: Uint8Array): number {
  let hash = (0x811c9dc5 ^ seed) | 0
  for (const byte of name) hash = Math.imul(hash ^ byte, 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/**
 * Stores a folder as one or more tree pages; the same entries give the same pages, and a changed entry changes few.
 *
 * @param entries strictly ascending by raw name bytes; may be empty.
 * @param put stores a tree-page blob and gives its id; called in a fixed order, the root last.
 * @returns id of the root page.
 */
export function buildFolderPages(entries: readonly TreeEntry[], pageSeed: number, put: (page: Uint8Array) => Uint8Array): Uint8Array {
  if (entries.length <= minEntries) return put(encodeLeafPage(entries))
  let children: PageChild[] = []
  let start = 0
  for (let end = 1; end <= entries.length; end++) {
    const count = end - start
    const isBoundary = count >= minEntries && (count >= maxEntries || (mixName(pageSeed, entries[end - 1]!.name) & boundaryMask) === 0)
    if (!isBoundary && end < entries.length) continue
    children.push({ firstName: entries[start]!.name, page: put(encodeLeafPage(entries.slice(start, end))), entries: count })
    start = end
  }
  for (let level = 1; children.length > 1; level++) {
    const above: PageChild[] = []
    for (let from = 0; from < children.length; from += maxChildren) {
      const part = children.slice(from, from + maxChildren)
      above.push({ firstName: part[0]!.firstName, page: put(encodeInteriorPage(level, part)), entries: part.reduce((sum, child) => sum + child.entries, 0) })
    }
    children = above
  }
  return children[0]!.page
}
