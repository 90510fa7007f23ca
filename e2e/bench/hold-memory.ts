import { closeSync, openSync, readFileSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { fileSystemOf } from './file-system.ts'

/** A block that a host cannot take is smaller than this: it takes free memory in blocks of 2 MiB and more (Linux, free page reporting). */
const blockBytes = 2 * 2 ** 20
/** What stays of each. */
const pageBytes = 4096
/** Left alone, for what else runs meanwhile. */
const spareBytes = 2 * 2 ** 30

/**
 * Touches the free memory of a virtual machine once, and keeps its host from taking it back between two steps.
 *
 * A host that lends memory takes back what lies idle for two seconds, and gives it again page by page: writing to a tmpfs then went at 0.3 GB/s
 * instead of 2.4 (2 cores, 24 GiB, 2026-11-22), and who was measured after a pause paid for who was measured before. So all of it is filled, with one
 * page of each block in a file that stays and the rest in one that is removed: what is free is broken into pieces too small to be taken.
 * Where a machine has its memory for itself it takes some seconds and changes nothing.
 *
 * @param folder on a tmpfs, and removed in the end; elsewhere nothing is done
 * @returns bytes touched
 */
export function holdMemory(folder: string, signal: AbortSignal, mostBytes = Infinity): number {
  if (fileSystemOf(folder) !== 'tmpfs') return 0
  const { bavail, bsize } = statfsSync(folder)
  const freeBytes = Math.min(bavail * bsize, availableBytes()) - spareBytes
  const blocks = Math.floor(Math.min(freeBytes, mostBytes) / blockBytes)
  if (blocks <= 0) return 0
  const page = Buffer.alloc(pageBytes, 1)
  const rest = Buffer.alloc(blockBytes - pageBytes, 1)
  const [kept, filled] = [join(folder, 'held-memory'), join(folder, 'filled-memory')]
  const keep = openSync(kept, 'w')
  const fill = openSync(filled, 'w')
  try {
    for (let block = 0; block < blocks; block += 1) {
      signal.throwIfAborted()
      writeSync(keep, page)
      writeSync(fill, rest)
    }
  } finally {
    closeSync(keep)
    closeSync(fill)
    rmSync(filled)
  }
  return blocks * blockBytes
}

const availableBytes = (): number => Number(/^MemAvailable: +(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1] ?? 0) * 1024
