import { setTimeout as delay } from 'node:timers/promises'
import { AppError } from '@holdfast/shared-types'
import { dataFolderAt } from '../platform/lifecycle/data-folder.ts'
import { findLockHolder } from '../platform/lifecycle/folder-lock.ts'
import type { CliContext } from './cli-context.ts'
import { requireRunningHub } from './with-admin.ts'

/** A hub is gone 20 s after it was asked. */
const waitMs = 25_000
const pollMs = 100

/** Asks the running hub to stop, and waits until it is gone. */
export async function stopCommand(context: CliContext): Promise<void> {
  const { admin, holder } = await requireRunningHub(context)
  const { pid } = await admin.stop({})
  const { lockFile } = dataFolderAt(context.config.dataDir)
  const deadlineMs = performance.now() + waitMs
  while ((await findLockHolder(lockFile))?.token === holder.token) {
    if (performance.now() > deadlineMs) {
      throw new AppError('hub.unreachable', {
        message: `The hub (process ${pid}) was asked to stop and is still there.`,
        cure: `Its log says what it waits for; \`kill -9 ${pid}\` ends it, and its database follows.`,
      })
    }
    await delay(pollMs)
  }
  context.answer({ pid, stopped: true }, ['The hub has stopped.'])
}
