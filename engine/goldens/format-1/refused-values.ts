import { ByteWriter, concatBytes, fromHex, withCrcTail } from '../../src/bytes/index.ts'

/** What `make-refused.ts` spoils bytes with. */

export const text = (value: string): Uint8Array => new TextEncoder().encode(value)
export const varint = (value: number): Uint8Array => new ByteWriter().varint(value).toBytes()
export const idOf = (number: number): Uint8Array => new Uint8Array(32).fill(number)

/** With other bytes at an offset; a negative one counts from the end. */
export function patched(bytes: Uint8Array, at: number, other: Uint8Array | string): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy.set(typeof other === 'string' ? fromHex(other) : other, at < 0 ? bytes.length + at : at)
  return copy
}

export const replaced = (bytes: Uint8Array, from: string, to: string): Uint8Array => {
  const whole = new TextDecoder().decode(bytes)
  if (!whole.includes(from)) throw new Error(`There is no ${from}.`)
  return text(whole.replace(from, to))
}

export const u32 = (value: number): Uint8Array => new ByteWriter().u32(value).toBytes()

/** A slot with other bytes, under a checksum of its own. */
export const slotWith = (slot: Uint8Array, at: number, other: Uint8Array): Uint8Array => withCrc(patched(slot, at, other))

/** The header of a segment, under its checksum. */
export const segmentHeaderWith = (header: Uint8Array, at: number, other: Uint8Array): Uint8Array => withCrc(patched(header, at, other))

interface EntryFields {
  readonly name?: Uint8Array
  readonly type?: number
  readonly flags?: number
  readonly mode?: number
  readonly owner?: number
  /** Behind the time: what its type has, and its flags. */
  readonly rest?: Uint8Array
}

/** An entry of a page, a file of the bytes "a" unless told otherwise; nothing is checked. */
export const entry = ({
  name = text('a'),
  type = 1,
  flags = 0,
  mode = 0o644,
  owner = 0,
  rest = inline('a'),
}: EntryFields = {}): Uint8Array =>
  new ByteWriter().lengthPrefixed(name).u8(type).varint(flags).varint(mode).varint(owner).zigzag(0n).bytes(rest).toBytes()

export const inline = (content: string): Uint8Array => new ByteWriter().varint(content.length).u8(0).lengthPrefixed(text(content)).toBytes()

/** A file's size, and items: of each its length, null for one of data. */
export const withItems = (size: number, items: readonly (readonly ['data' | 'hole', number])[]): Uint8Array => {
  const writer = new ByteWriter().varint(size).u8(1).varint(items.length)
  for (const item of items) writer.bytes(itemOf(item))
  return writer.toBytes()
}

export const itemOf = ([kind, length]: readonly ['data' | 'hole', number]): Uint8Array =>
  kind === 'data' ? new ByteWriter().u8(0).varint(length).bytes(idOf(9)).toBytes() : new ByteWriter().u8(1).varint(length).toBytes()

export const leaf = (...entries: readonly Uint8Array[]): Uint8Array =>
  new ByteWriter().bytes(fromHex('0100')).bytes(fromHex('0100000000')).varint(entries.length).bytes(concatBytes(entries)).toBytes()

/** Children by first name, number of the page, and entries. */
export function interior(level: number, ...children: readonly (readonly [string, number, number])[]): Uint8Array {
  const writer = new ByteWriter().u8(1).u8(level).varint(children.length)
  for (const [name, page, entries] of children) writer.lengthPrefixed(text(name)).bytes(idOf(page)).varint(entries)
  return writer.toBytes()
}

export const list = (...items: readonly (readonly ['data' | 'hole', number])[]): Uint8Array =>
  new ByteWriter()
    .bytes(fromHex('0100'))
    .varint(items.length)
    .bytes(concatBytes(items.map(itemOf)))
    .toBytes()

/** Children by bytes and number of the list. */
export function listAbove(level: number, ...children: readonly (readonly [number, number])[]): Uint8Array {
  const writer = new ByteWriter().u8(1).u8(level).varint(children.length)
  for (const [bytes, number] of children) writer.varint(bytes).bytes(idOf(number))
  return writer.toBytes()
}

/** A block of zstd: its type, its size, and what it holds. */
export function block(type: 0 | 1 | 2 | 3, size: number, held: Uint8Array, isLast = true): Uint8Array {
  const head = (size << 3) | (type << 1) | (isLast ? 1 : 0)
  return concatBytes([Uint8Array.of(head & 0xff, (head >>> 8) & 0xff, (head >>> 16) & 0xff), held])
}

/** A frame of zstd: its descriptor and what follows that, then blocks. */
export const frame = (head: string, ...blocks: readonly Uint8Array[]): Uint8Array => concatBytes([fromHex(`28b52ffd${head}`), ...blocks])

/** Its last four bytes are the checksum of all before. */
export const withCrc = (bytes: Uint8Array): Uint8Array => withCrcTail(bytes.subarray(0, -4))
