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
  new AppError('hub.already-running', {
    message: 'Another hub serves this database.',
    cure: 'Stop it first, or give this hub another database (DATABASE_URL) or data folder (HOLDFAST_DATA).',
  })

/** Pause between tries to get a cut session's lock back. Postgres needs 1.5–2.7 s to recover from a kill (reference/database.md §2). */
const retryMs = 500

/** A session that holds the lock, or null where another one does. */
async function openLockSession(connection: DatabaseConnection): Promise<Client | null> {
  const session = new Client(toClientConfig(connection))
  session.on('error', () => undefined) // The end of an idle session is told by 'end' as well.
  try {
    await session.connect()
    const key = [advisoryKeys.holdfast, advisoryKeys.serving]
    const answer = await session.query<{ got: boolean }>('select pg_try_advisory_lock($1, $2) as got', key)
    if (answer.rows[0]?.got === true) return session
    await session.end()
    return null
  } catch (error) {
    await session.end().catch(() => undefined) // It never connected: the error that matters is the one thrown below.
    throw asDatabaseError(error)
  }
}

/**
 * Takes the session-level advisory lock that says "a hub serves this database": two hubs on one database would both believe to be
 * the only arbiter. The lock lives with its session, so a killed hub frees it at once; a hub whose session was cut (Postgres
 * restarted) takes it again as soon as it can.
 *
 * @throws AppError `hub.already-running`, `database.unavailable`
 */
export async function takeHubLock({ connection, log, onLost }: HubLockOptions): Promise<HubLock> {
  let current: Client | null = null
  let isReleased = false
  let timer: NodeJS.Timeout | undefined

  const hold = (session: Client): void => {
    current = session
    session.once('end', () => {
      if (isReleased) return
      current = null
      log.warn({ event: 'hub-lock.cut' }, 'The database session that holds the hub lock was cut; taking it again')
      retakeLater()
    })
  }
  const retakeLater = (): void => {
    timer = setTimeout(() => void retake(), retryMs)
  }
  const retake = async (): Promise<void> => {
    const session = await openLockSession(connection).catch(() => 'unavailable' as const)
    if (session === 'unavailable') return isReleased ? undefined : retakeLater()
    if (session === null) return isReleased ? undefined : onLost(alreadyRunning())
    if (isReleased) return session.end()
    hold(session)
    log.info({ event: 'hub-lock.retaken' }, 'Hub lock taken again')
  }

  const session = await openLockSession(connection)
  if (session === null) throw alreadyRunning()
  hold(session)
  return {
    async release() {
      isReleased = true
      clearTimeout(timer)
      await current?.end()
    },
  }
}
