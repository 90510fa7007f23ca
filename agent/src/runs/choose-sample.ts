import { createHash } from 'node:crypto'
import type { FileEntry } from '@holdfast/engine/format'
import type { TreeReader } from '@holdfast/engine/reader'
import type { DrillSample } from '@holdfast/shared-types'

/** A drill disturbs nobody and fits on every disk: files together, and the one folder that is restored whole. */
const mostBytes = 512 * 1024 * 1024
const mostFolderBytes = 64 * 1024 * 1024
const mostFolderFiles = 200

export interface SampledFile {
  /** Raw, absolute. */
  readonly path: Buffer
  readonly entry: FileEntry
}

export interface Sample {
  readonly files: readonly SampledFile[]
  /** A whole folder that one of them lies in; null where all are too large. */
  readonly folder: { readonly path: Buffer; readonly page: Uint8Array } | null
}

interface FolderInHand {
  readonly path: Buffer
  readonly page: Uint8Array
  readonly files: number
  readonly bytes: number
}

interface Found extends SampledFile {
  readonly parent: FolderInHand
}

/**
 * Random files of a snapshot, each as likely as any other: the same seed finds the same. Reads the folders on the way to them alone. Files that would make the drill too large are
 * left out.
 */
export async function chooseSample(
  reader: TreeReader,
  top: { readonly page: Uint8Array; readonly files: number; readonly bytes: number },
  { files, seed }: DrillSample,
): Promise<Sample> {
  const found: Found[] = []
  await find(reader, { ...top, path: Buffer.alloc(0) }, numbersOf(seed, files, top.files), found)
  const chosen: Found[] = []
  let bytes = 0
  for (const file of found) {
    if (bytes + file.entry.size > mostBytes) continue
    bytes += file.entry.size
    chosen.push(file)
  }
  const folder = chosen.find(
    ({ parent }) => parent.path.length > 0 && parent.files <= mostFolderFiles && parent.bytes <= mostFolderBytes,
  )?.parent
  return { files: chosen.map(({ path, entry }) => ({ path, entry })), folder: folder ?? null }
}

/** Which of the snapshot's files, in ascending order. */
function numbersOf(seed: string, count: number, total: number): number[] {
  const numbers = new Set<number>()
  // Some come twice: a sample of a few files from very few need not be larger than these.
  for (let draw = 0; draw < count * 4 && numbers.size < Math.min(count, total); draw++) {
    const hash = createHash('sha256').update(`${seed} ${draw}`).digest()
    numbers.add(Number(hash.readBigUInt64LE() % BigInt(total)))
  }
  return [...numbers].toSorted((left, right) => left - right)
}

/** @param numbers of files in this folder and below it, ascending, counted in the order of its entries */
async function find(reader: TreeReader, folder: FolderInHand, numbers: readonly number[], found: Found[]): Promise<void> {
  let start = 0
  let next = 0
  if (numbers.length === 0) return
  for await (const entry of reader.entries(folder.page)) {
    // What is deleted and only kept is in no figure of its folder.
    if (entry.deletedAtMs !== null) continue
    const path = Buffer.concat([folder.path, slash, entry.name])
    if (entry.type === 'file') {
      if (numbers[next] === start) {
        found.push({ path, entry, parent: folder })
        next++
      }
      start++
    } else if (entry.type === 'folder') {
      const { files, bytes } = entry.subtree
      const first = next
      while (next < numbers.length && numbers[next]! < start + files) next++
      const below = numbers.slice(first, next).map((number) => number - start)
      await find(reader, { path, page: entry.page, files, bytes }, below, found)
      start += files
    }
    if (next === numbers.length) return
  }
}

const slash = Buffer.from('/')
