import { readdirSync } from 'node:fs'
import type { FolderCalls } from './folder-calls.ts'
import { loadNative } from './native.ts'
import { procFolderCalls } from './proc-folder-calls.ts'

let isProc: boolean | undefined

/** The native calls, else those through /proc; null where there is neither. */
export function chooseFolderCalls(): FolderCalls | null {
  const native = loadNative()
  if (native !== null) return native
  isProc ??= isProcMounted()
  return isProc ? procFolderCalls : null
}

function isProcMounted(): boolean {
  try {
    return readdirSync('/proc/self/fd').length > 0
  } catch {
    // No Linux, or a container without /proc.
    return false
  }
}
