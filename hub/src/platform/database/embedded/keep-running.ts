import { AppError } from '@holdfast/shared-types'
import type { Logger } from '../../logging/logger.ts'

export interface KeepRunningOptions {
  readonly isRunning: () => boolean
  readonly restart: () => Promise<void>
  /** Called once, after `maxAttempts` restarts in a row failed; nothing is watched any more. */
  readonly onLost: (error: AppError) => void
  readonly log: Pick<Logger, 'info' | 'error'>
  readonly everyMs?: number
}

export interface Keeper {
  /** Ends the watching; resolves once a restart under way has ended. */
  end(): Promise<void>
}

/** A look is two reads of /proc. The hub's own queries notice sooner; this bounds how long they fail. */
const lookEveryMs = 2000
const maxAttempts = 5

/**
 * Restarts the server when it is gone although nobody asked it to stop: killed for its memory, or by hand. A crash inside of it is
 * mended by Postgres itself.
 */
export function keepRunning(options: KeepRunningOptions): Keeper {
  let hasEnded = false
  let failures = 0
  let restarting: Promise<void> | null = null

  const restart = async (): Promise<void> => {
    options.log.error({ event: 'database.lost', attempt: failures + 1 }, 'The embedded Postgres is gone; starting it again')
    try {
      await options.restart()
      failures = 0
      options.log.info({ event: 'database.restarted' }, 'The embedded Postgres runs again')
    } catch (error) {
      failures += 1
      options.log.error({ event: 'database.restart-failed', attempt: failures, err: error }, 'The embedded Postgres did not start again')
      if (failures < maxAttempts || hasEnded) return
      clearInterval(timer)
      options.onLost(error instanceof AppError ? error : new AppError('database.unavailable', { cause: error }))
    } finally {
      restarting = null
    }
  }
  const look = () => {
    if (!hasEnded && restarting === null && !options.isRunning()) restarting = restart()
  }
  const timer = setInterval(look, options.everyMs ?? lookEveryMs)
  timer.unref()
  return {
    async end() {
      hasEnded = true
      clearInterval(timer)
      await restarting
    },
  }
}
