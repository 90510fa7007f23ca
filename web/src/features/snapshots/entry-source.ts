import type { SnapshotEntry, SnapshotId } from '@holdfast/shared-types'
import { callHub, downloadAddress } from '../../platform/api/call-hub.ts'
import { answerProblem, unreachable } from '../../platform/api/answer-problem.ts'
import { lockedVault, type PrivateEntries } from '../private-vaults/index.ts'
import { queryOfPath, type SnapshotPath } from './snapshot-path.ts'

export interface FolderPage {
  /** Null for the top. */
  readonly folder: SnapshotEntry | null
  readonly items: readonly SnapshotEntry[]
  /** Entries in the folder. */
  readonly total: number
}

/** Where the entries of a snapshot come from: the hub, or this page itself where only it can open them. */
export interface EntrySource {
  readonly list: (path: SnapshotPath, page: { readonly after: number; readonly limit: number }, signal: AbortSignal) => Promise<FolderPage>
  /** The first bytes of a file. */
  readonly readStart: (path: SnapshotPath, mostBytes: number, signal: AbortSignal) => Promise<Uint8Array<ArrayBuffer>>
  /** Null: the hub reads it, and hands out files by their address. */
  readonly inPage: PrivateEntries | null
}

/**
 * What reads a private vault in this page; null of a vault that the hub reads.
 * @throws ApiError `vault.private` where the vault is private and locked: names that were read or chosen while it was open go to nobody in the clear
 */
export function inPageOf(source: EntrySource | null, isPrivate: boolean): PrivateEntries | null {
  const inPage = source?.inPage ?? null
  if (isPrivate && inPage === null) throw lockedVault()
  return inPage
}

async function readFromHub(address: string, mostBytes: number, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  let answer: Response
  try {
    answer = await fetch(address, { credentials: 'same-origin', headers: { range: `bytes=0-${mostBytes - 1}` }, signal })
  } catch (cause) {
    if (signal.aborted) throw cause
    throw unreachable(cause)
  }
  // An empty file has no first byte.
  if (answer.status === 416) return new Uint8Array(0)
  if (!answer.ok) throw await answerProblem(answer)
  return new Uint8Array(await answer.arrayBuffer())
}

/** Of a vault that the hub can read. */
export const hubEntries = (snapshotId: SnapshotId): EntrySource => ({
  list: (path, page, signal) => callHub('listEntries', { params: { snapshotId }, query: { ...queryOfPath(path), ...page }, signal }),
  readStart: (path, mostBytes, signal) => readFromHub(downloadAddress(snapshotId, queryOfPath(path)), mostBytes, signal),
  inPage: null,
})

/** Of a private vault that is open in this page. */
export const pageEntries = (inPage: PrivateEntries): EntrySource => ({ list: inPage.list, readStart: inPage.readStart, inPage })
