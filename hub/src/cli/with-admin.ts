import { setTimeout as delay } from 'node:timers/promises'
import { AppError } from '@holdfast/shared-types'
import type { AdminHandlers } from '../admin-socket/admin-operations.ts'
import { adminClient } from '../admin-socket/call-admin-socket.ts'
import { dataFolderAt } from '../platform/lifecycle/data-folder.ts'
import { findLockHolder } from '../platform/lifecycle/folder-lock.ts'
import type { LockRecord } from '../platform/lifecycle/lock-record.ts'
import { adminHandlers } from './admin-handlers.ts'
import type { CliContext } from './cli-context.ts'
import { alreadyRunning, holdDataFolder, type HeldDataFolder } from './hold-data-folder.ts'
import { closeDatabaseServer, closeHub, openDatabaseServer, openHub, type ClosePace } from './open-hub.ts'

const shortPace: ClosePace = { hubMs: 5000, databaseMs: 5000 }
/** First start of a hub: a cluster, migrations, and perhaps the recovery of a crash. */
const waitForStartMs = 60_000
const pollMs = 100

/** Does the work with the hub that runs on the data folder, or with one opened for this long. */
export async function withAdmin<T>(context: CliContext, work: (admin: AdminHandlers) => Promise<T>): Promise<T> {
  const deadlineMs = performance.now() + waitForStartMs
  for (;;) {
    const held = await holdDataFolder(context, 'command')
    if (!('holder' in held)) return withOwnHub(context, held, work)
    if (held.holder.purpose !== 'hub') throw alreadyRunning(held.holder)
    if (held.holder.adminSocket !== null) return work(adminClient(held.holder.adminSocket))
    if (performance.now() > deadlineMs) throw stillStarting(held.holder)
    // It starts, and opens its socket last; or it ends, and the next try holds the folder.
    await delay(pollMs)
  }
}

/** The hub that runs on the data folder. @throws AppError `hub.unreachable` when there is none. */
export async function requireRunningHub({ config }: CliContext): Promise<{ readonly admin: AdminHandlers; readonly holder: LockRecord }> {
  const holder = await findLockHolder(dataFolderAt(config.dataDir).lockFile)
  if (holder?.purpose !== 'hub') {
    throw new AppError('hub.unreachable', {
      message: 'No hub runs on this data folder.',
      cure: 'Start it with `holdfast-hub start`, or set HOLDFAST_DATA to its folder.',
    })
  }
  if (holder.adminSocket === null) throw stillStarting(holder)
  return { admin: adminClient(holder.adminSocket), holder }
}

async function withOwnHub<T>(context: CliContext, held: HeldDataFolder, work: (admin: AdminHandlers) => Promise<T>): Promise<T> {
  // Its work fails by itself then; there is nobody else to tell.
  const options = { held, onFatal: (error: Error) => context.log.error({ event: 'hub.failed', err: error }, 'The hub must not go on') }
  try {
    const server = await openDatabaseServer(context, options)
    try {
      const hub = await openHub(context, server, options)
      try {
        return await work(adminHandlers(hub, context.config, () => undefined))
      } finally {
        await closeHub(hub, context.log, shortPace)
      }
    } finally {
      await closeDatabaseServer(server, shortPace)
    }
  } finally {
    held.lock.release()
  }
}

const stillStarting = (holder: LockRecord): AppError =>
  new AppError('hub.unreachable', {
    message: `The hub${holder.owner === null ? '' : ` (process ${holder.owner.pid})`} has not finished starting.`,
    cure: 'Try again in a moment; its log says what it waits for.',
  })
