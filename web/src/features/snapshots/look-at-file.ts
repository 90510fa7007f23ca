import type { SnapshotEntry } from '@holdfast/shared-types'
import type { EntrySource } from './entry-source.ts'
import { pathOfEntry } from './snapshot-path.ts'

/** What can be seen of a file without downloading it. */
export type FileLook =
  | { readonly kind: 'text'; readonly text: string; readonly isCut: boolean }
  | { readonly kind: 'picture'; readonly bitmap: ImageBitmap }
  /** Neither, or a picture that is too large or that this browser does not know. */
  | { readonly kind: 'nothing' }

const mostTextBytes = 256 * 1024
const mostPictureBytes = 32 * 1024 * 1024
/** Drawn to a canvas: no format that could run anything, and none that fetches from elsewhere. */
const pictureName = /\.(png|jpe?g|gif|webp|avif|bmp)$/i

export async function lookAtFile(source: EntrySource, entry: SnapshotEntry, signal: AbortSignal): Promise<FileLook> {
  const path = pathOfEntry(entry)
  if (!pictureName.test(entry.name)) return textOf(await source.readStart(path, mostTextBytes, signal), entry.size)
  if (entry.size > mostPictureBytes) return { kind: 'nothing' }
  const bytes = await source.readStart(path, mostPictureBytes, signal)
  try {
    return { kind: 'picture', bitmap: await createImageBitmap(new Blob([bytes])) }
  } catch {
    // Named like a picture and none, or of a kind that this browser cannot draw.
    return { kind: 'nothing' }
  }
}

/** UTF-8, which may end within a character where it was cut. */
export function textOf(bytes: Uint8Array<ArrayBuffer>, sizeBytes: number): FileLook {
  const isCut = bytes.length < sizeBytes
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: isCut })
    return text.includes('\0') ? { kind: 'nothing' } : { kind: 'text', text, isCut }
  } catch {
    // Not UTF-8: nothing that could be shown as text.
    return { kind: 'nothing' }
  }
}
