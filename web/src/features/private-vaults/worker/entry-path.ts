import { concatBytes, decodeUtf8Lossy, isValidUtf8 } from '@holdfast/engine/bytes'
import type { SnapshotSystem } from '@holdfast/engine/format'
import { ApiError } from '../../../platform/errors/api-error.ts'
import type { AskedPath } from '../room/room-calls.ts'

const slash = 0x2f
const backslash = 0x5c

/** Components of an absolute path; none of them for the top. Doubled and trailing separators mean nothing. @throws ApiError for `.` and `..` */
export function componentsOf({ text, raw }: AskedPath, system: SnapshotSystem): Uint8Array[] {
  const bytes = raw ?? new TextEncoder().encode(text)
  const components: Uint8Array[] = []
  for (let start = 0, at = 0; at <= bytes.length; at++) {
    const isEnd = at === bytes.length || bytes[at] === slash || (system === 'windows' && bytes[at] === backslash)
    if (!isEnd) continue
    if (at > start) components.push(bytes.subarray(start, at))
    start = at + 1
  }
  if (components.some(isDots)) throw new ApiError({ code: 'snapshot.path-not-found' })
  return components
}

const isDots = (component: Uint8Array): boolean => component.length <= 2 && component.every((byte) => byte === 0x2e)

/** How the path reads on the host it came from: `/home/ada`, `C:\Users\Ada`. */
export function joinComponents(components: readonly Uint8Array[], system: SnapshotSystem): Uint8Array {
  const separator = Uint8Array.of(system === 'windows' ? backslash : slash)
  return concatBytes(components.flatMap((component, index) => (index === 0 && system === 'windows' ? [component] : [separator, component])))
}

const base64Of = (bytes: Uint8Array): string => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))

/** Text for people, and the raw bytes where the text is not the whole truth. */
export function wireTextOf(path: Uint8Array): { readonly path: string; readonly pathBase64?: string } {
  const text = decodeUtf8Lossy(path)
  return isValidUtf8(path) ? { path: text } : { path: text, pathBase64: base64Of(path) }
}
