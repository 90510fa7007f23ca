import { decodeUtf8Lossy, isValidUtf8 } from '@holdfast/engine/bytes'
import type { WirePath } from '@holdfast/shared-types'

/** The raw bytes of a path as it travelled. */
export const wirePathBytes = (path: WirePath): Buffer =>
  path.pathBase64 === undefined ? Buffer.from(path.path, 'utf8') : Buffer.from(path.pathBase64, 'base64')

/** A path as it travels: text for people, and the raw bytes where text would lose something. */
export const toWirePath = (bytes: Uint8Array): WirePath =>
  isValidUtf8(bytes)
    ? { path: decodeUtf8Lossy(bytes) }
    : { path: decodeUtf8Lossy(bytes), pathBase64: Buffer.from(bytes).toString('base64') }
