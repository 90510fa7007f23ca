import { ByteReader, ByteWriter, compareBytes } from '../bytes/index.ts'
import { EngineError } from '../errors/index.ts'

/** One extended attribute; on Linux also where ACLs and capabilities are (`system.posix_acl_access`, `security.capability`). */
export interface ExtendedAttribute {
  /** Raw bytes with the namespace: `user.comment`. */
  readonly name: Uint8Array
  readonly value: Uint8Array
}

const version = 1
/** xattr(7): names take up to 255 bytes on Linux, 127 on macOS. */
const maxNameBytes = 255
const maxCount = 4096
/** All attributes of one entry. Linux gives a value 64 KiB, ext4 all of them together 4; what is larger than this is content in disguise. */
export const maxAttributesBytes = 1024 * 1024

/** @param attributes at least one, strictly ascending by the bytes of their names. @throws EngineError `format.invalid` */
export function encodeAttributes(attributes: readonly ExtendedAttribute[]): Uint8Array {
  requireSound(attributes)
  const bytes = attributes.reduce((sum, { name, value }) => sum + name.length + value.length + 8, 8)
  const writer = new ByteWriter(bytes).u8(version).varint(attributes.length)
  for (const { name, value } of attributes) writer.lengthPrefixed(name).lengthPrefixed(value)
  if (writer.sizeBytes > maxAttributesBytes) throw invalid('are larger together than an entry may have')
  return writer.toBytes()
}

/** Values are views into `bytes`. @throws EngineError `format.invalid`, `format.unsupported-version` */
export function decodeAttributes(bytes: Uint8Array): ExtendedAttribute[] {
  if (bytes.length > maxAttributesBytes) throw invalid('are larger together than an entry may have')
  const reader = new ByteReader(bytes)
  if (reader.u8() !== version)
    throw new EngineError('format.unsupported-version', 'Extended attributes are of a newer version: update Holdfast.')
  const count = reader.varint()
  if (count > maxCount) throw invalid('are more than an entry may have')
  const attributes = Array.from({ length: count }, () => ({ name: reader.lengthPrefixed(maxNameBytes), value: reader.lengthPrefixed() }))
  reader.expectEnd()
  requireSound(attributes)
  return attributes
}

/** One form for equal attributes, or equal ones would be two blobs; and no name that C would read as another. */
function requireSound(attributes: readonly ExtendedAttribute[]): void {
  if (attributes.length === 0 || attributes.length > maxCount) throw invalid('are none, or more than an entry may have')
  let last: Uint8Array | null = null
  for (const { name } of attributes) {
    if (name.length === 0 || name.length > maxNameBytes || name.includes(0)) throw invalid('have a name that no system takes')
    if (last !== null && compareBytes(last, name) >= 0) throw invalid('are out of order')
    last = name
  }
}

const invalid = (problem: string): EngineError => new EngineError('format.invalid', `The extended attributes of an entry ${problem}.`)
