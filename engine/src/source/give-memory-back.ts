import { createRequire } from 'node:module'
import type * as KoffiModule from 'koffi'

let trim: ((keepBytes: number) => number) | null | undefined

/**
 * Hands memory that was freed, but that the C library keeps for later, back to the system. Threads leave much of it behind: 150 MB of
 * 310 after a backup on three of them (2026-11-21, glibc 2.36). Takes some milliseconds; for a process that is idle now.
 *
 * @returns false where the C library cannot do that (macOS, Windows, musl).
 */
export function giveMemoryBack(): boolean {
  if (trim === undefined) trim = findTrim()
  if (trim === null) return false
  trim(0)
  return true
}

function findTrim(): ((keepBytes: number) => number) | null {
  if (process.platform !== 'linux') return null
  try {
    const koffi: typeof KoffiModule = createRequire(import.meta.url)('koffi')
    return koffi.load(null).func('int malloc_trim(size_t keepBytes)') as (keepBytes: number) => number
  } catch {
    // No koffi for this machine, or a C library without the call: memory stays where it is.
    return null
  }
}
