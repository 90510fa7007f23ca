import { ByteReader, ByteWriter } from '../bytes/index.ts'
import { EngineError, invariant } from '../errors/index.ts'
import { blobIdBytes } from './blob-type.ts'
import { inlineItemLimit, inlineLimitBytes, type ContentItem, type FileContent } from './tree-entry.ts'

const version = 1
/** 4096 chunks of about 1 MiB: one list spans some 4 GiB, a second level 16 TiB. */
const maxItemsPerList = 4096

export interface ListChild {
  readonly bytes: number
  readonly list: Uint8Array
}
export type ContentList =
  | { readonly level: 0; readonly items: readonly ContentItem[] }
  | { readonly level: number; readonly children: readonly ListChild[] }

export function writeItem(writer: ByteWriter, item: ContentItem): void {
  if (item.kind === 'data') writer.u8(0).varint(item.length).bytes(item.id)
  else writer.u8(1).varint(item.length)
}

export function readItem(reader: ByteReader): ContentItem {
  const kind = reader.u8()
  if (kind > 1) throw new EngineError('format.invalid', 'A content item is of no known kind.')
  const length = reader.varint()
  if (length === 0) throw new EngineError('format.invalid', 'A content item is empty.')
  return kind === 0 ? { kind: 'data', length, id: reader.bytes(blobIdBytes) } : { kind: 'hole', length }
}

export function writeContent(writer: ByteWriter, content: FileContent): void {
  invariant(isWritable(content), 'content is written as readers take it: a few items, none of them empty')
  if (content.kind === 'inline') writer.u8(0).lengthPrefixed(content.bytes)
  else if (content.kind === 'list') writer.u8(2).bytes(content.id)
  else {
    writer.u8(1).varint(content.items.length)
    for (const item of content.items) writeItem(writer, item)
  }
}

const isWritable = (content: FileContent): boolean =>
  content.kind === 'list' ||
  (content.kind === 'inline'
    ? content.bytes.length <= inlineLimitBytes
    : content.items.length > 0 && content.items.length <= inlineItemLimit && content.items.every(({ length }) => length > 0))

/** Bytes that content in place comes to; null for a list, which knows only its own. */
export const lengthInPlace = (content: FileContent): number | null =>
  content.kind === 'list' ? null : content.kind === 'inline' ? content.bytes.length : itemsLength(content.items)

export function readContent(reader: ByteReader): FileContent {
  const kind = reader.u8()
  if (kind === 0) return { kind: 'inline', bytes: reader.lengthPrefixed(inlineLimitBytes) }
  if (kind === 2) return { kind: 'list', id: reader.bytes(blobIdBytes) }
  if (kind !== 1) throw new EngineError('format.invalid', 'A file has content of no known kind.')
  const count = reader.varint()
  if (count === 0 || count > inlineItemLimit) throw new EngineError('format.invalid', 'A file has an impossible number of content items.')
  return { kind: 'items', items: Array.from({ length: count }, () => readItem(reader)) }
}

export const itemsLength = (items: readonly ContentItem[]): number => items.reduce((sum, item) => sum + item.length, 0)

export function decodeContentList(bytes: Uint8Array): ContentList {
  const reader = new ByteReader(bytes)
  if (reader.u8() !== version) throw new EngineError('format.unsupported-version', 'A content list is of a newer version: update Holdfast.')
  const level = reader.u8()
  const count = reader.varint()
  if (count === 0 || count > maxItemsPerList) throw new EngineError('format.invalid', 'A content list has an impossible number of items.')
  const list: ContentList =
    level === 0
      ? { level, items: Array.from({ length: count }, () => readItem(reader)) }
      : { level, children: Array.from({ length: count }, () => readChild(reader)) }
  reader.expectEnd()
  return list
}

function readChild(reader: ByteReader): ListChild {
  const bytes = reader.varint()
  // A list has items and no item is empty: who skips it and who reads it would see two files.
  if (bytes === 0) throw new EngineError('format.invalid', 'A content list names an empty one.')
  return { bytes, list: reader.bytes(blobIdBytes) }
}

function encodeList(level: number, count: number, writeOne: (writer: ByteWriter, index: number) => void): Uint8Array {
  const writer = new ByteWriter(count * 38 + 8).u8(version).u8(level).varint(count)
  for (let index = 0; index < count; index++) writeOne(writer, index)
  return writer.toBytes()
}

/**
 * The content of a file from its items in order: in place when few, else as a list of one or more levels.
 *
 * @param items their lengths sum to the size of the file; none for one that had bytes and gave none when it was read.
 * @param put stores a content-list blob and gives its id.
 */
export function buildContent(items: readonly ContentItem[], put: (list: Uint8Array) => Uint8Array): FileContent {
  if (items.length === 0) return { kind: 'inline', bytes: new Uint8Array(0) }
  if (items.length <= inlineItemLimit) return { kind: 'items', items }
  let children: ListChild[] = []
  for (let start = 0; start < items.length; start += maxItemsPerList) {
    const part = items.slice(start, start + maxItemsPerList)
    children.push({ bytes: itemsLength(part), list: put(encodeList(0, part.length, (writer, index) => writeItem(writer, part[index]!))) })
  }
  for (let level = 1; children.length > 1; level++) {
    const above: ListChild[] = []
    for (let start = 0; start < children.length; start += maxItemsPerList) {
      const part = children.slice(start, start + maxItemsPerList)
      const list = encodeList(level, part.length, (writer, index) => writer.varint(part[index]!.bytes).bytes(part[index]!.list))
      above.push({ bytes: part.reduce((sum, child) => sum + child.bytes, 0), list: put(list) })
    }
    children = above
  }
  return { kind: 'list', id: children[0]!.list }
}
