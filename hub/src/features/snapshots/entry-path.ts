import { AppError } from '@holdfast/shared-types'
import { decodeUtf8Lossy, isValidUtf8 } from '@holdfast/engine/bytes'
import type { SnapshotRecord } from '../vaults/index.ts'

export type PathStyle = SnapshotRecord['system']

const slash = 0x2f
const backslash = 0x5c

/** A path as the contract's queries give it: UTF-8 text, or base64url of the raw bytes. */
export interface PathQuery {
  readonly path?: string | undefined
  readonly pathBase64?: string | undefined
}

/**
 * Components of an absolute path; none of them for the top. Doubled and trailing separators mean nothing.
 * @throws AppError `request.invalid` for `.` and `..`, which no folder holds.
 */
export function componentsOf({ path, pathBase64 }: PathQuery, system: PathStyle): Uint8Array[] {
  const bytes = Buffer.from(pathBase64 ?? path ?? '', pathBase64 === undefined ? 'utf8' : 'base64url')
  const components: Uint8Array[] = []
  for (let start = 0, at = 0; at <= bytes.length; at++) {
    const isEnd = at === bytes.length || bytes[at] === slash || (system === 'windows' && bytes[at] === backslash)
    if (!isEnd) continue
    if (at > start) components.push(bytes.subarray(start, at))
    start = at + 1
  }
  if (components.some(isDots)) throw new AppError('request.invalid', { message: 'The path is not absolute: it has `.` or `..` in it.' })
  return components
}

const isDots = (component: Uint8Array): boolean => component.length <= 2 && component.every((byte) => byte === 0x2e)

/** How the path reads on the host it came from: `/home/ada`, `C:\Users\Ada`. */
export function joinComponents(components: readonly Uint8Array[], system: PathStyle): Uint8Array {
  const separator = Uint8Array.of(system === 'windows' ? backslash : slash)
  const parts = components.flatMap((component, index) => (index === 0 && system === 'windows' ? [component] : [separator, component]))
  return Buffer.concat(parts)
}

/** Text for people, and the raw bytes where the text is not the whole truth. */
export function wireTextOf(path: Uint8Array): { readonly path: string; readonly pathBase64?: string } {
  const text = decodeUtf8Lossy(path)
  return isValidUtf8(path) ? { path: text } : { path: text, pathBase64: Buffer.from(path).toString('base64') }
}
