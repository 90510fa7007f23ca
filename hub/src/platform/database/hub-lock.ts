import { AppError } from '@holdfast/shared-types'
import { Client } from 'pg'
import type { Logger } from '../logging/logger.ts'
import { advisoryKeys } from './advisory-keys.ts'
import { toClientConfig, type DatabaseConnection } from './connection.ts'
import { asDatabaseError } from './translate-driver-error.ts'

export interface HubLock {
  release(): Promise<void>
}

interface HubLockOptions {
  readonly connection: DatabaseConnection
  readonly log: Logger
  /** Called once if another hub took the lock while this one's session was cut: stop serving at once. */
  readonly onLost: (error: AppError) => void
}

const alreadyRunning = () =>
  new AppError('hub.already-running', { message: 'Another hub serves this database.', cure: 'Stop it first, or give this hub another database (DATABASE_URL) or data folder (HOLDFAST_DATA).' })

/** Pause between tries to get a cut session's lock back. Postgres needs 1.5–2.7 s to recover from a kill (reference/database.md §2). */
const retryMs = 500

/**
 * Takes the session-level advisory lock that says "a hub serves this database": two hubs on one database would both believe to be
 * the only arbiter. The lock lives with its session, so a killed hub frees it at once; a hub whose session was cut (Postgres
 * restarted) takes it again as soon as it can.
 *
 * @throws AppError `hub.already-running`, `database.unavailable`
 */
export async function takeHubLock({ connection, log, onLost }: HubLockOptions): Promise<HubLock> {
  let client: Client | null = null
  let released = false
  let timer: NodeJS.Timeout | undefined

  const acquire = async (): Promise<boolean> => {
    const next = new Client(toClientConfig(connection))
    next.on('error', () => undefined) // An idle session's end is told by 'end' as well.
    try {
      await next.connect()
      const answer = await next.query<{ got: boolean }>('select pg_try_advisory_lock($1, $2) as got', [advisoryKeys.holdfast, advisoryKeys.serving])
      if (answer.rows[0]?.got !== true) {
        await next.end()
        return false
      }
    } catch (error) {
      await next.end().catch(() => undefined) // It never connected: the error that matters is the one thrown below.
      throw asDatabaseError(error)
    }
    client = next
    next.once('end', () => {
      if (released || client !== next) return
      client = null
      log.warn({ event: 'hub-lock.cut' }, 'The database session that holds the hub lock was cut; taking it again')
      timer = setTimeout(() => void retake(), retryMs)
    })
    return true
  }

  const retake = async (): Promise<void> => {
    if (released) return
    const got = await acquire().catch(() => null)
    if (got === false) return onLost(alreadyRunning())
    if (got === null) timer = setTimeout(() => void retake(), retryMs)
    else log.info({ event: 'hub-lock.retaken' }, 'Hub lock taken again')
  }

  if (!(await acquire())) throw alreadyRunning()
  return {
    async release() {
      released = true
      clearTimeout(timer)
      await client?.end()
      client = null
    },
  }
}
