import { fromHex, toHex } from '../bytes/index.ts'
import { EngineError } from '../errors/index.ts'

const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Lower-case and complete. */
export const isUuid = (text: string): boolean => pattern.test(text)

/** The 16 bytes of a UUID. @throws EngineError `format.invalid` unless it is lower-case and complete. */
export function uuidToBytes(uuid: string): Uint8Array {
  if (!isUuid(uuid)) throw new EngineError('format.invalid', 'An id is not a UUID.')
  return fromHex(uuid.replaceAll('-', ''))
}

export function uuidFromBytes(bytes: Uint8Array): string {
  const hex = toHex(bytes)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
