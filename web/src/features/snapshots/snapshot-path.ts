import type { SnapshotEntry, WirePath } from '@holdfast/shared-types'

/**
 * A path in a snapshot. `text` is for people and, where `raw` is null, the whole truth. `raw` holds the bytes of a path
 * that is not UTF-8 (then `text` shows U+FFFD in their place). The empty text is the top of the snapshot.
 */
export interface SnapshotPath {
  readonly text: string
  readonly raw: Uint8Array | null
}

export const topPath: SnapshotPath = { text: '', raw: null }

const slash = 0x2f
const strictUtf8 = new TextDecoder('utf-8', { fatal: true })
const lossyUtf8 = new TextDecoder('utf-8')

const fromBase64 = (text: string): Uint8Array => Uint8Array.from(atob(text), (char) => char.charCodeAt(0))
const toBase64 = (bytes: Uint8Array): string => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))

export const toBase64url = (bytes: Uint8Array): string => toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')

/** Bytes of a base64url text; null where it is none (an address can be typed by hand). */
export function fromBase64url(text: string): Uint8Array | null {
  try {
    return fromBase64(text.replaceAll('-', '+').replaceAll('_', '/'))
  } catch {
    // atob throws for anything that is not base64: then the address names nothing.
    return null
  }
}

/** The path of these bytes: bytes are only kept where text would lose some of them. */
function fromBytes(bytes: Uint8Array): SnapshotPath {
  try {
    return { text: strictUtf8.decode(bytes), raw: null }
  } catch {
    // Not UTF-8: names on Linux are bytes.
    return { text: lossyUtf8.decode(bytes), raw: bytes }
  }
}

export const pathOfEntry = ({ path, pathBase64 }: Pick<SnapshotEntry, 'path' | 'pathBase64'>): SnapshotPath =>
  pathBase64 === undefined ? { text: path, raw: null } : { text: path, raw: fromBase64(pathBase64) }

/** The path in the browser's address: names below the top, and the raw bytes in `?b=` where there are any. */
export function pathOfAddress(segments: readonly string[], base64url: string | null): SnapshotPath {
  const raw = base64url === null ? null : fromBase64url(base64url)
  if (raw !== null) return fromBytes(raw)
  const names = segments.filter((name) => name !== '')
  return names.length === 0 ? topPath : { text: `/${names.join('/')}`, raw: null }
}

/** For `pageLinks.snapshotFolder`. */
export const addressOfPath = ({ text, raw }: SnapshotPath): { readonly segments: string[]; readonly base64url: string | undefined } => ({
  segments: text.split('/').filter((name) => name !== ''),
  base64url: raw === null ? undefined : toBase64url(raw),
})

/** The path as calls of the hub take it in a query. */
export const queryOfPath = ({ text, raw }: SnapshotPath): { readonly path?: string; readonly pathBase64?: string } =>
  raw === null ? (text === '' ? {} : { path: text }) : { pathBase64: toBase64url(raw) }

/** The path as requests carry it in their body. */
export const wirePathOf = ({ text, raw }: SnapshotPath): WirePath =>
  raw === null ? { path: text } : { path: text, pathBase64: toBase64(raw) }

export const nameOf = ({ text }: SnapshotPath): string => text.slice(text.lastIndexOf('/') + 1)

/** Whether the last name itself is not UTF-8; a name in such a folder may well be. */
export function hasLossyName({ raw }: SnapshotPath): boolean {
  return raw !== null && fromBytes(raw.slice(raw.lastIndexOf(slash) + 1)).raw !== null
}

/** The folders above a path and the path itself, from the first below the top: `/srv`, `/srv/www`. */
export function pathSteps(path: SnapshotPath): readonly SnapshotPath[] {
  const bytes = path.raw ?? new TextEncoder().encode(path.text)
  const ends = [...bytes.keys()].filter((at) => at > 0 && bytes[at] === slash)
  return [...ends, bytes.length].filter((end) => end > 0).map((end) => fromBytes(bytes.slice(0, end)))
}
