import { readdirSync, statfsSync } from 'node:fs'
import { EngineError } from '../errors/index.ts'
import type { FileEntry, SubtreeCounts } from '../format/index.ts'
import type { TreeReader } from '../reader/index.ts'
import type { Selection } from './selection.ts'
import { SnapshotWalk } from './snapshot-walk.ts'
import { keyOf, type TreePages } from './tree-pages.ts'

const mebibyte = 1024 * 1024

/** What of a snapshot is asked for, as its folders say: holes count as bytes, and each name of a hard-linked file. */
export async function sizeOfSelection(
  reader: TreeReader,
  rootPage: Uint8Array,
  selection: Selection,
): Promise<Pick<SubtreeCounts, 'files' | 'bytes'>> {
  const total = { files: 0, bytes: 0 }
  const add = (files: number, bytes: number): void => {
    total.files += files
    total.bytes += bytes
  }
  for (const path of selection.paths()) {
    try {
      if (path.length > 0) addEntry(await reader.resolve(rootPage, path), add)
      else for await (const entry of reader.entries(rootPage)) addEntry(entry, add)
    } catch (error) {
      // What is damaged is told when it comes to be restored; here it only takes no space.
      if (!(error instanceof EngineError)) throw error
    }
  }
  return total
}

function addEntry(entry: Awaited<ReturnType<TreeReader['resolve']>>, add: (files: number, bytes: number) => void): void {
  if (entry?.type === 'folder') add(entry.subtree.files, entry.subtree.bytes)
  else if (entry?.type === 'file') add(1, entry.size)
}

export interface SpaceToCheck {
  readonly target: Buffer
  /** From {@link sizeOfSelection}. */
  readonly atMostBytes: number
  /** Measures exactly; asked only when `atMostBytes` do not fit. */
  readonly measure: () => Promise<number>
}

/**
 * Refuses a restore that cannot fit, before anything is written. A target that holds something already is not judged: much of what
 * is restored may take the place of what is there.
 * @throws EngineError `restore.target-invalid`
 */
export async function requireFreeSpace({ target, atMostBytes, measure }: SpaceToCheck): Promise<void> {
  const { bavail, bsize, blocks } = statfsSync(target)
  const freeBytes = bavail * bsize
  // Some file systems (FUSE, some network mounts) do not tell: no blocks at all means unknown.
  if (blocks === 0 || atMostBytes <= freeBytes || readdirSync(target).length > 0) return
  const neededBytes = await measure()
  if (neededBytes <= freeBytes) return
  const missing = Math.ceil((neededBytes - freeBytes) / mebibyte)
  throw new EngineError(
    'restore.target-invalid',
    `The target has too little free space: ${missing} MiB more are needed. Free space or choose another target; nothing was written.`,
    {
      context: { neededBytes, freeBytes },
    },
  )
}

/** Bytes that a restore writes: without holes, hard-linked files once. Reads every folder and every list of contents. */
export async function measureContent(pages: TreePages, reader: TreeReader, rootPage: Uint8Array, selection: Selection): Promise<number> {
  const groups = new Set<string>()
  let bytes = 0
  for await (const step of new SnapshotWalk(pages, selection).steps(rootPage)) {
    if (step.kind !== 'entry' || step.entry.type !== 'file') continue
    const group = step.entry.hardLinkGroup === null ? null : keyOf(step.entry.hardLinkGroup)
    if (group !== null && groups.has(group)) continue
    if (group !== null) groups.add(group)
    bytes += await contentBytes(reader, step.entry)
  }
  return bytes
}

async function contentBytes(reader: TreeReader, file: FileEntry): Promise<number> {
  let bytes = file.content.kind === 'inline' ? file.size : 0
  try {
    for await (const { item } of reader.items(file)) if (item.kind === 'data') bytes += item.length
  } catch {
    // What is damaged is told when it comes to be restored; here it only takes no space.
  }
  return bytes
}
