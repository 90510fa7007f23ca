import type { VaultId } from '@holdfast/shared-types'
import { shallowReactive, shallowRef, type ShallowRef } from 'vue'
import { ApiError, hasCode } from '../../../platform/errors/api-error.ts'
import { textOf } from '../../../platform/i18n/text.ts'
import { onLocked, roomOf } from '../room/open-rooms.ts'
import type { DownloadChoice, ListedSnapshot } from '../room/room-calls.ts'
import { BrokenOff } from './port-stream.ts'
import { saveParts, type FileToSave, type Saving } from './save-parts.ts'

/** A download that this page makes: unlike those of the hub, it ends with the page. */
export interface RunningDownload {
  readonly vaultId: VaultId
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

/** Newest last, of vaults that are open: a name that was read goes when its vault is locked, as it does when nobody is signed in any more. */
export const downloads = shallowReactive<RunningDownload[]>([])

onLocked((vaultId) => {
  for (const download of downloads.filter((one) => one.vaultId === vaultId)) forget(download)
})

/** Reads, opens, checks and saves. What goes wrong once it has begun is told in `downloads`. @throws what keeps it from beginning; `vault.private` while the vault is locked */
export async function startDownload(vaultId: VaultId, of: ListedSnapshot, choice: DownloadChoice, name: string): Promise<void> {
  const room = roomOf(vaultId)
  const { sizeBytes } = await room.call('downloadSize', { ...of, choice })
  const { port1, port2 } = new MessageChannel()
  const saving = await beginToSave(port2, { name, sizeBytes })
  if (saving === null) return
  const { saved, stop, keepAlive } = saving
  const bytes = shallowRef(0)
  const error = shallowRef<unknown>(null)
  const isOver = shallowRef(false)
  const ending = new AbortController()
  const end = (): void => (isOver.value ? forget(download) : ending.abort())
  const download: RunningDownload = { vaultId, name, sizeBytes, bytes, error, isOver, end }
  downloads.push(download)
  const onProgress = (sent: number): void => {
    bytes.value = sent
    keepAlive?.()
  }
  const options = { signal: ending.signal, transfer: [port1], onProgress }
  const sent = room.call('download', { ...of, choice, port: port1 }, options)
  void Promise.all([sent, saved.catch(reasonAfter(sent))])
    .catch((cause: unknown) => {
      // Ended here, or in the browser's own list: nothing went wrong. Or the vault was locked, perhaps before this stood in the list.
      if (ending.signal.aborted || hasCode(cause, 'run.cancelled') || hasCode(cause, 'vault.private')) forget(download)
      else error.value = hasCode(cause, 'download.abandoned') ? abandoned() : cause
    })
    .finally(() => {
      isOver.value = true
      stop()
    })
}

/** Who saves a download hears only that it broke off, and may hear it first: why is for the room to say. What saving itself fails of stands. */
const reasonAfter =
  (sent: Promise<unknown>) =>
  async (cause: unknown): Promise<never> => {
    if (cause instanceof BrokenOff) await sent
    throw cause
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
