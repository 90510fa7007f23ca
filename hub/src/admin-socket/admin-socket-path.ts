import { createHash } from 'node:crypto'
import path from 'node:path'
import { makeSocketFolder } from '../platform/lifecycle/private-folder.ts'

/** Where the hub of a data folder listens for administration. Makes the folder; others find the path in the lock's record. */
export function adminSocketPath(runFolder: string): string {
  if (process.platform !== 'win32') return path.join(makeSocketFolder(runFolder, null), 'admin.sock')
  return `\\\\.\\pipe\\holdfast-${createHash('sha256').update(runFolder.toLowerCase()).digest('hex').slice(0, 16)}`
}
