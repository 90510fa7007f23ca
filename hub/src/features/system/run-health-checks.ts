import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '@holdfast/shared-types'
import type { Logger } from '../../platform/logging/logger.ts'

export type HealthCheck = () => Promise<void>

/** A store or database that takes longer is not one that a backup should wait for. */
const deadlineMs = 5000

/** Runs all checks at once; each is `ok` or `failing`, never an error. */
export async function runHealthChecks(checks: Readonly<Record<string, HealthCheck>>, log: Logger, withinMs = deadlineMs) {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => [name, await runOne(name, check, log, withinMs)] as const),
  )
  const failing = results.some(([, result]) => result === 'failing')
  return { status: failing ? ('failing' as const) : ('ok' as const), checks: Object.fromEntries(results) }
}

async function runOne(operation: string, check: HealthCheck, log: Logger, withinMs: number): Promise<'ok' | 'failing'> {
  const done = new AbortController()
  try {
    const late = sleep(withinMs, undefined, { signal: done.signal }).then(() => {
      throw new AppError('internal', { message: `The check took longer than ${withinMs} ms.` })
    })
    await Promise.race([check(), late])
    return 'ok'
  } catch (error) {
    log.warn({ event: 'health.failing', operation, err: error }, 'A health check fails')
    return 'failing'
  } finally {
    done.abort()
  }
}
