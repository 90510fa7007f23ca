import {
  blobTypes,
  buildContent,
  decodeAttributes,
  decodeContentList,
  decodeTreePage,
  encodeAttributes,
  encodeInteriorPage,
  encodeLeafPage,
  type BlobType,
} from '../../../src/format/index.ts'

/** A blob as it is written from what it says. */
export function rewriteBlob(type: BlobType, bytes: Uint8Array): Uint8Array {
  if (type === blobTypes.attributes) return encodeAttributes(decodeAttributes(bytes))
  if (type === blobTypes.treePage) {
    const page = decodeTreePage(bytes)
    return 'entries' in page ? encodeLeafPage(page.entries) : encodeInteriorPage(page.level, page.children)
  }
  if (type !== blobTypes.contentList) return bytes
  const list = decodeContentList(bytes)
  if (!('items' in list)) throw new Error('A list of lists is written from its items.')
  const written: Uint8Array[] = []
  buildContent(list.items, (made) => (written.push(made), new Uint8Array(32)))
  return written[0]!
}
