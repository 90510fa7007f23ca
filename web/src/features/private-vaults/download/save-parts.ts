import { ApiError } from '../../../platform/errors/api-error.ts'
import { textOf } from '../../../platform/i18n/text.ts'
import { portStream } from './port-stream.ts'
import { saveThroughWorker, streamingWorker } from './service-worker-downloads.ts'

export interface FileToSave {
  readonly name: string
  /** Null where it is known at the end only. */
  readonly sizeBytes: number | null
}

export interface Saving {
  readonly saved: Promise<void>
  readonly stop: () => void
  readonly keepAlive?: () => void
}

/** More than that a page cannot be trusted to hold. */
const mostInMemoryBytes = 256 * 1024 * 1024

/** A browser that can save what a page makes only by holding all of it, and this is too much. */
const tooMuchToHold = (): ApiError =>
  new ApiError({
    code: 'download.too-large',
    message: textOf('privateVaults.download.tooLarge.what'),
    cure: textOf('privateVaults.download.tooLarge.cure'),
  })

/** A browser's own dialog where to save a file: of Chromium, and not in TypeScript's library. */
type PickFile = (options: { suggestedName: string }) => Promise<{ createWritable: () => Promise<WritableStream<Uint8Array>> }>

/**
 * Saves what comes through a port. Through the service worker, which lets the browser write it to its downloads as it comes; else to a file that the person chooses; else
 * from memory, as far as that goes.
 *
 * @returns `saved` settles when all of it was taken, or `stop` was called; call `stop` in any case, and `keepAlive` now and then until then
 */
export async function saveParts(port: MessagePort, file: FileToSave): Promise<Saving> {
  const worker = await streamingWorker()
  // Whoever sends the parts sees whether they are taken.
  if (worker !== null) return { saved: Promise.resolve(), ...(await saveThroughWorker(worker, port, file)) }
  const pick = (window as { showSaveFilePicker?: PickFile }).showSaveFilePicker
  const stopping = new AbortController()
  const stop = (): void => stopping.abort()
  if (pick !== undefined) {
    const writable = await (await pick.call(window, { suggestedName: file.name })).createWritable()
    return { saved: portStream(port).pipeTo(writable, { signal: stopping.signal }), stop }
  }
  return { saved: saveFromMemory(portStream(port), file, stopping.signal), stop }
}

async function saveFromMemory(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  { name, sizeBytes }: FileToSave,
  signal: AbortSignal,
): Promise<void> {
  if ((sizeBytes ?? 0) > mostInMemoryBytes) {
    await stream.cancel()
    throw tooMuchToHold()
  }
  const parts: Uint8Array<ArrayBuffer>[] = []
  let bytes = 0
  for await (const part of stream as unknown as AsyncIterable<Uint8Array<ArrayBuffer>>) {
    signal.throwIfAborted()
    parts.push(part)
    bytes += part.length
    if (bytes > mostInMemoryBytes) throw tooMuchToHold()
  }
  const address = URL.createObjectURL(new Blob(parts, { type: 'application/octet-stream' }))
  Object.assign(document.createElement('a'), { href: address, download: name }).click()
  // The browser has taken hold of it by then.
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}
