import { setTimeout as sleep } from 'node:timers/promises'
import { AppError, type HealthConditionCode, type HealthDetail } from '@holdfast/shared-types'
import { asAppError } from '../../platform/http/as-app-error.ts'
import type { Logger } from '../../platform/logging/logger.ts'

export type HealthCheck = () => Promise<void>

export interface CheckedHealth {
  readonly status: 'ok' | 'failing'
  readonly checks: Readonly<Record<string, 'ok' | 'failing'>>
  readonly details: Readonly<Record<string, HealthDetail>>
}

/** A store or database that takes longer is not one that a backup should wait for. */
const deadlineMs = 5000

/** Runs all checks at once; each is `ok` or `failing`, never an error. */
export async function runHealthChecks(
  checks: Readonly<Record<string, HealthCheck>>,
  log: Logger,
  withinMs = deadlineMs,
): Promise<CheckedHealth> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => [name, await runOne(name, check, log, withinMs)] as const),
  )
  const statuses = results.map(([name, { status }]) => [name, status === 'failing' ? status : 'ok'] as const)
  return {
    status: statuses.some(([, status]) => status === 'failing') ? 'failing' : 'ok',
    checks: Object.fromEntries(statuses),
    details: Object.fromEntries(results),
  }
}

async function runOne(operation: string, check: HealthCheck, log: Logger, withinMs: number): Promise<HealthDetail> {
  const done = new AbortController()
  const startedAtMs = performance.now()
  const latencyMs = (): number => Math.round(performance.now() - startedAtMs)
  const seconds = withinMs / 1000
  let isLate = false
  try {
    const late = sleep(withinMs, undefined, { signal: done.signal }).then(() => {
      isLate = true
      throw new AppError(operation === 'database' ? 'database.unavailable' : 'store.unavailable', {
        message: `It does not answer within ${seconds} s.`,
      })
    })
    await Promise.race([check(), late])
    return { status: 'ok', latencyMs: latencyMs(), code: null, params: {}, message: null, cure: null }
  } catch (error) {
    log.warn({ event: 'health.failing', operation, err: error }, 'A health check fails')
    const known = asAppError(error)
    const told = isLate ? { code: 'check.timed-out' satisfies HealthConditionCode, params: { seconds } } : conditionOf(known)
    return { status: 'failing', latencyMs: latencyMs(), ...told, message: known.message, cure: known.cure }
  } finally {
    done.abort()
  }
}

/** What is missing by its name, where the error tells it: a person has to know which disk to mount. */
function conditionOf({ code, context: { folder } }: AppError): Pick<HealthDetail, 'code' | 'params'> {
  if (code !== 'store.unavailable' || typeof folder !== 'string') return { code, params: {} }
  return { code: 'store.not-mounted' satisfies HealthConditionCode, params: { folder } }
}
