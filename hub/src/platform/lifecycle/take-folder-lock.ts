import { setTimeout as delay } from 'node:timers/promises'
import { tryFolderLock, type LockAttempt } from './folder-lock.ts'
import type { LockPurpose } from './lock-record.ts'

/** A command, a database being stopped, or a hub on its way out: their longest stop is 20 s. */
const waitForShortHolderMs = 25_000
const pollMs = 100

/** Takes the lock, and waits for a holder who will be gone in a moment. One who stays is the answer. */
export async function takeFolderLock(lockFile: string, purpose: LockPurpose, address: string | null): Promise<LockAttempt> {
  const deadlineMs = performance.now() + waitForShortHolderMs
  for (;;) {
    const attempt = await tryFolderLock(lockFile, purpose, address)
    if (attempt.outcome === 'taken') return attempt
    const isShort = attempt.holder.purpose !== 'hub' || attempt.holder.isStopping
    if (!isShort || performance.now() > deadlineMs) return attempt
    await delay(pollMs)
  }
}
