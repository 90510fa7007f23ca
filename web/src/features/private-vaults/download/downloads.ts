import { shallowReactive, shallowRef, type ShallowRef } from 'vue'
import { ApiError, hasCode } from '../../../platform/errors/api-error.ts'
import { textOf } from '../../../platform/i18n/text.ts'
import type { DownloadChoice, ListedSnapshot } from '../room/room-calls.ts'
import type { VaultRoom } from '../room/vault-room.ts'
import { saveParts, type FileToSave, type Saving } from './save-parts.ts'

/** A download that this page makes: unlike those of the hub, it ends with the page. */
export interface RunningDownload {
  readonly name: string
  /** Null where it is known at the end only. */
  readonly sizeBytes: number | null
  readonly bytes: Readonly<ShallowRef<number>>
  /** Why it broke off; what was saved by then is not the whole. */
  readonly error: Readonly<ShallowRef<unknown>>
  readonly isOver: Readonly<ShallowRef<boolean>>
  /** While it runs: no more of it. Afterwards: no more word of it. */
  readonly end: () => void
}

/** Newest last. */
export const downloads = shallowReactive<RunningDownload[]>([])

/** Reads, opens, checks and saves. What goes wrong once it has begun is told in `downloads`. @throws what keeps it from beginning */
export async function startDownload(room: VaultRoom, of: ListedSnapshot, choice: DownloadChoice, name: string): Promise<void> {
  const { sizeBytes } = await room.call('downloadSize', { ...of, choice })
  const { port1, port2 } = new MessageChannel()
  const saving = await beginToSave(port2, { name, sizeBytes })
  if (saving === null) return
  const { saved, stop, keepAlive } = saving
  const bytes = shallowRef(0)
  const error = shallowRef<unknown>(null)
  const isOver = shallowRef(false)
  const ending = new AbortController()
  const download: RunningDownload = { name, sizeBytes, bytes, error, isOver, end: () => (isOver.value ? forget(download) : ending.abort()) }
  downloads.push(download)
  const onProgress = (sent: number): void => {
    bytes.value = sent
    keepAlive?.()
  }
  const options = { signal: ending.signal, transfer: [port1], onProgress }
  void Promise.all([room.call('download', { ...of, choice, port: port1 }, options), saved])
    .catch((cause: unknown) => {
      // Ended here, or in the browser's own list: nothing went wrong.
      if (ending.signal.aborted || hasCode(cause, 'run.cancelled')) forget(download)
      else error.value = hasCode(cause, 'download.abandoned') ? abandoned() : cause
    })
    .finally(() => {
      isOver.value = true
      stop()
    })
}

/** Who took it is gone, or stopped asking: paused, out of room on the disk, ended by the browser. */
const abandoned = (): ApiError =>
  new ApiError({
    code: 'download.abandoned',
    message: textOf('privateVaults.download.abandoned.what'),
    cure: textOf('privateVaults.download.abandoned.cure'),
  })

/** Null: the person was asked where to save it, and thought better of it. */
async function beginToSave(port: MessagePort, file: FileToSave): Promise<Saving | null> {
  try {
    return await saveParts(port, file)
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') return null
    throw cause
  }
}

function forget(download: RunningDownload): void {
  const at = downloads.indexOf(download)
  if (at !== -1) downloads.splice(at, 1)
}
