import { writeFileSync } from 'node:fs'
import { runToEnd } from '../data-sets.ts'

/**
 * Writes everything to the disk, and lets the kernel forget what it has read: a small tree would else be read from memory and a large one from
 * the disk, and what grows with the number of files would be lost in the difference.
 *
 * @returns whether the kernel forgot; only root may ask it to
 */
export async function emptyCaches(signal: AbortSignal): Promise<boolean> {
  await runToEnd('sync', [], signal)
  try {
    writeFileSync('/proc/sys/vm/drop_caches', '3')
    return true
  } catch {
    return false
  }
}
