import { readdirSync, statfsSync } from 'node:fs'
import { EngineError } from '../../errors/index.ts'
import type { FileEntry, SubtreeCounts } from '../../format/index.ts'
import type { TreeReader } from '../../reader/index.ts'
import type { Selection } from '../snapshot/selection.ts'
import { SnapshotWalk } from '../snapshot/snapshot-walk.ts'
import { keyOf, type TreePages } from '../../tree-pages/index.ts'

const mebibyte = 1024 * 1024
const slash = 0x2f

/**
 * What of a snapshot is asked for, as its folders say: holes count as bytes, and each name of a hard-linked file.
 * @throws EngineError `restore.nothing-matched` when patterns are given and nothing fits.
 */
export async function sizeOfSelection(
  pages: TreePages,
  rootPage: Uint8Array,
  selection: Selection,
): Promise<Pick<SubtreeCounts, 'files' | 'bytes'>> {
  const total = { files: 0, bytes: 0 }
  let isAnythingWanted = false
  // What a folder says of its size leaves out what is deleted in it: to measure that too one has to look.
  const { withDeleted } = selection
  // What is damaged is told when it comes to be restored; here it only takes no space.
  for await (const step of new SnapshotWalk(pages, selection, withDeleted).steps(rootPage)) {
    if (step.kind === 'folder-start' && step.isWhole && step.entry !== null && !withDeleted) addTo(total, step.entry.subtree)
    if (step.kind === 'entry' && step.entry.type === 'file') addTo(total, { files: 1, bytes: step.entry.size })
    isAnythingWanted ||= step.kind === 'entry' || (step.kind === 'folder-start' && step.isWhole)
  }
  if (selection.hasGlobs && !isAnythingWanted) throw nothingMatched()
  return total
}

function addTo(total: { files: number; bytes: number }, more: Pick<SubtreeCounts, 'files' | 'bytes'>): void {
  total.files += more.files
  total.bytes += more.bytes
}

const nothingMatched = (): EngineError =>
  new EngineError(
    'restore.nothing-matched',
    'Nothing in the snapshot, or in what was selected of it, matches the patterns. List what it holds, and mind that case counts.',
  )

/** Free bytes where the target is or would be made; null where the file system does not tell. */
export function freeBytesAt(target: Buffer): number | null {
  for (let path = target; ; path = path.subarray(0, Math.max(1, path.lastIndexOf(slash)))) {
    try {
      const { bavail, bsize, blocks } = statfsSync(path)
      return blocks === 0 ? null : bavail * bsize
    } catch {
      // Not there yet: the one above it is on the same file system.
      if (path.length <= 1) return null
    }
  }
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
  // Some file systems (FUSE, some network mounts) do not tell.
  const freeBytes = freeBytesAt(target)
  if (freeBytes === null || atMostBytes <= freeBytes || readdirSync(target).length > 0) return
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
