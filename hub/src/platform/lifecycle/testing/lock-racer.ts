import { createInterface } from 'node:readline'
import { tryFolderLock, type FolderLock } from '../folder-lock.ts'

/*
 * A process that tries for locks on request: `try FILE` answers `taken` or `refused PID`, `release` answers `released`.
 * Killing it leaves a stale lock.
 */
let held: FolderLock | null = null
for await (const line of createInterface({ input: process.stdin })) {
  const [word, file = ''] = line.split(' ')
  if (word === 'release') {
    held?.release()
    held = null
    process.stdout.write('released\n')
    continue
  }
  const attempt = await tryFolderLock(file, 'hub', `http://127.0.0.1:${process.pid}`)
  if (attempt.outcome === 'taken') held = attempt.lock
  process.stdout.write(attempt.outcome === 'taken' ? 'taken\n' : `refused ${attempt.holder.owner?.pid}\n`)
}
