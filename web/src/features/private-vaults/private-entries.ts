import type { AgentId, RestoreSelection, VaultId } from '@holdfast/shared-types'
import { startDownload } from './download/downloads.ts'
import { roomOf } from './room/open-rooms.ts'
import type { AnswerOf, AskedPath, DownloadChoice, ListedFolder, ListedSnapshot } from './room/room-calls.ts'

/** One snapshot of a private vault, read in this page. Each call throws `vault.private` while the vault is locked. */
export interface PrivateEntries {
  readonly list: (path: AskedPath, page: { readonly after: number; readonly limit: number }, signal: AbortSignal) => Promise<ListedFolder>
  readonly readStart: (path: AskedPath, mostBytes: number, signal: AbortSignal) => Promise<Uint8Array<ArrayBuffer>>
  /** What the snapshot says of itself, which the hub may not know. */
  readonly describe: () => Promise<AnswerOf<'describe'>>
  /** Begins a download; how it goes on is told in `downloads`. @param name the file to save it as */
  readonly download: (choice: DownloadChoice, name: string) => Promise<void>
  /** A restore as it was ordered, for that device's eyes alone. */
  readonly sealRestore: (agentId: AgentId, restore: RestoreSelection) => Promise<string>
}

export const privateEntries = (vaultId: VaultId, of: ListedSnapshot): PrivateEntries => ({
  list: (path, page, signal) => roomOf(vaultId).call('list', { ...of, path, ...page }, { signal }),
  readStart: (path, mostBytes, signal) => roomOf(vaultId).call('readStart', { ...of, path, mostBytes }, { signal }),
  describe: () => roomOf(vaultId).call('describe', of),
  download: (choice, name) => startDownload(vaultId, of, choice, name),
  async sealRestore(agentId, restore) {
    const { sealedSelection } = await roomOf(vaultId).call('sealRestore', { agentId, restore })
    return sealedSelection
  },
})
