import { closeSync, existsSync, openSync, readFileSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { fileSystemOf } from './file-system.ts'

/** What a host takes of free memory are blocks of this size and more (Linux, free page reporting: at least a huge page). */
const blockBytes = 2 * 2 ** 20
/** What stays of each. */
const pageBytes = 4096
/** Left alone, for what else runs meanwhile. */
const spareBytes = 2 * 2 ** 30
/** Some 10 ms, or 100 where the host has to lend it first: then a Ctrl-C gets its turn. */
const blocksPerTurn = 16

/**
 * Touches free memory of a virtual machine once, and keeps its host from taking it back between two steps.
 *
 * A host that lends memory may take back what lies idle for two seconds, and give it again page by page: writing to a tmpfs then went at 0.3 GB/s
 * instead of 2.4 (2 cores, 24 GiB, 2026-11-22), and who was measured after a pause paid for who was measured before. So as much as the tmpfs takes is
 * filled, with one page of each block in a file that stays and the rest in one that is removed: what is free then lies in pieces too small to be taken.
 * Where a machine has its memory for itself, it costs some seconds, and huge pages to whoever would get them unasked.
 *
 * @param folder on a tmpfs, and removed in the end; elsewhere nothing is done
 * @param mostBytes at most what is free, but for 2 GiB
 * @returns bytes touched
 */
export async function holdMemory(folder: string, signal: AbortSignal, mostBytes = freeBytesOf(folder) - spareBytes): Promise<number> {
  if (fileSystemOf(folder) !== 'tmpfs') return 0
  const blocks = Math.max(0, Math.floor(mostBytes / blockBytes))
  const page = Buffer.alloc(pageBytes, 1)
  const rest = Buffer.alloc(blockBytes - pageBytes, 1)
  const [kept, filled] = [join(folder, 'held-memory'), join(folder, 'filled-memory')]
  const keep = openSync(kept, 'w')
  const fill = openSync(filled, 'w')
  try {
    for (let block = 0; block < blocks; block += 1) {
      if (block % blocksPerTurn === 0) await nextTurn()
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

/** Of the tmpfs, of the machine, and of the container. */
function freeBytesOf(folder: string): number {
  const { bavail, bsize } = statfsSync(folder)
  const available = Number(/^MemAvailable: +(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1] ?? 0) * 1024
  return Math.min(bavail * bsize, available, leftInContainer())
}

function leftInContainer(): number {
  const [limit, used] = ['memory.max', 'memory.current'].map((name) => join('/sys/fs/cgroup', name))
  if (limit === undefined || used === undefined || !existsSync(limit) || !existsSync(used)) return Infinity
  const most = Number(readFileSync(limit, 'utf8'))
  return Number.isNaN(most) ? Infinity : most - Number(readFileSync(used, 'utf8'))
}
