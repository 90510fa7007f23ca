import type { HostEntry, WirePath } from '@holdfast/shared-types'

/** A place on a device: `bytes` holds its raw bytes, one letter each, so that it can be compared and be a key. */
export interface HostPath {
  readonly bytes: string
  readonly wire: WirePath
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true })
const lossyUtf8 = new TextDecoder('utf-8')
// eslint-disable-next-line no-control-regex -- all of ASCII is meant
const ascii = /^[\x00-\x7f]*$/

/** The raw bytes of a text. */
export const bytesOf = (text: string): string =>
  ascii.test(text) ? text : Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join('')

/** The text of raw bytes; null where they are none. */
export function textOfBytes(bytes: string): string | null {
  if (ascii.test(bytes)) return bytes
  try {
    return strictUtf8.decode(Uint8Array.from(bytes, (letter) => letter.charCodeAt(0)))
  } catch {
    // Not UTF-8: names on Linux are bytes.
    return null
  }
}

export const hostPathOf = (wire: WirePath): HostPath => ({
  bytes: wire.pathBase64 === undefined ? bytesOf(wire.path) : atob(wire.pathBase64),
  wire,
})

export function hostPathOfBytes(bytes: string): HostPath {
  const text = textOfBytes(bytes)
  if (text !== null) return { bytes, wire: { path: text } }
  const shown = lossyUtf8.decode(Uint8Array.from(bytes, (letter) => letter.charCodeAt(0)))
  return { bytes, wire: { path: shown, pathBase64: btoa(bytes) } }
}

const insideOf = (folder: string, separator: string): string => (folder.endsWith(separator) ? folder : folder + separator)

/** Where an entry of a folder is; of the roots, which have no folder, the name is the whole path. */
export function childPath(
  folder: HostPath | null,
  { name, nameBase64 }: Pick<HostEntry, 'name' | 'nameBase64'>,
  separator: string,
): HostPath {
  const bytes = nameBase64 === undefined ? bytesOf(name) : atob(nameBase64)
  return hostPathOfBytes(folder === null ? bytes : insideOf(folder.bytes, separator) + bytes)
}

/** What stands between names on the device, as far as a path tells. */
export const separatorOf = (bytes: string): '/' | '\\' => (bytes.startsWith('/') ? '/' : '\\')

/** The path below a folder, without its first separator; null where it is not in it. The folder itself is not in it. */
export function belowFolder(bytes: string, folder: string): string | null {
  const start = insideOf(folder, separatorOf(folder))
  return bytes.length > start.length && bytes.startsWith(start) ? bytes.slice(start.length) : null
}

/** The folders above a place, outermost first. */
export function foldersAbove(path: HostPath): readonly HostPath[] {
  const separator = separatorOf(path.bytes)
  const above: HostPath[] = []
  for (let at = path.bytes.indexOf(separator); at !== -1 && at < path.bytes.length - 1; at = path.bytes.indexOf(separator, at + 1)) {
    // A root keeps its separator: `/`, `C:\`.
    above.push(hostPathOfBytes(path.bytes.slice(0, above.length === 0 ? at + 1 : at)))
  }
  return above
}

/** As calls of the hub take it in a query. */
export const queryOfHostPath = ({ wire }: HostPath): { readonly path?: string; readonly pathBase64?: string } =>
  wire.pathBase64 === undefined
    ? { path: wire.path }
    : { pathBase64: wire.pathBase64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '') }

export const isSamePath = (left: HostPath, right: HostPath): boolean => left.bytes === right.bytes
