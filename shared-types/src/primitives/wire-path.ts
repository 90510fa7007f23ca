import { z } from 'zod'

/**
 * A path on a host. Paths are bytes there, JSON is Unicode: `path` is for people (invalid UTF-8 shown as U+FFFD), and
 * `pathBase64` (standard base64 of the raw bytes) is present exactly when `path` alone would lose information.
 */
export const WirePath = z.strictObject({
  path: z.string().min(1).max(32_768),
  pathBase64: z.base64().max(65_536).optional(),
})
export type WirePath = z.infer<typeof WirePath>

/** `/`, however it is spelled. Other `..` are not resolved: through a symlink they lead elsewhere. */
export function isFileSystemRoot({ path, pathBase64 }: WirePath): boolean {
  const text = pathBase64 === undefined ? path : atob(pathBase64)
  return /^\/(?:\/|\.{1,2}(?:\/|$))*$/.test(text)
}

/** Milliseconds since 1970 by the clock of whoever says it. */
export const TimeMs = z.int()
export const ByteCount = z.int().min(0)
export const Count = z.int().min(0)
