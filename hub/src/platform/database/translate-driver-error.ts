import { AppError } from '@holdfast/shared-types'

/*
 * Errors of the driver, whichever road they came: the ORM wraps them into its own classes, Kysely passes them on as they are.
 * Both carry `code` (SQLSTATE, or a system code such as ECONNREFUSED) and, for broken constraints, `constraint`.
 */

interface DriverError extends Error {
  readonly code: string
  readonly constraint?: string
}

const isDriverError = (error: unknown): error is DriverError =>
  error instanceof Error && typeof (error as { code?: unknown }).code === 'string'

/** The name of the unique constraint or index that refused a row, or null. */
export function brokenUnique(error: unknown): string | null {
  return isDriverError(error) && error.code === '23505' ? (error.constraint ?? '') : null
}

/** Two transactions waited for each other, and this one was given up by Postgres. */
export const isDeadlock = (error: unknown): boolean => isDriverError(error) && error.code === '40P01'

// 08: connection · 57P0x: shutting down, crashed, starting up · 53300: no connection left (Postgres manual, appendix A)
const unavailableStates = /^(08...|57P0[123]|53300)$/
const unavailableSystemCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'EPIPE',
  'EAI_AGAIN',
])
const unavailableTexts = /connection terminated|timeout exceeded when trying to connect|connection error and is not queryable/i

/** True when the database could not be asked, as opposed to having said no. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof AppError) return false
  if (isDriverError(error) && (unavailableStates.test(error.code) || (unavailableSystemCodes.has(error.code) && isFromSocket(error))))
    return true
  return unavailableTexts.test(error.message)
}

/** A system error of connect, read or write: an ENOENT of a file the hub wanted to open is another story. */
function isFromSocket(error: Error): boolean {
  const syscall = (error as { syscall?: unknown }).syscall
  return syscall === 'connect' || syscall === 'read' || syscall === 'write' || syscall === 'getaddrinfo'
}

/** A row, or the log of the change, found no room: SQLSTATE 53100. Nothing of the change was made. */
export const isDatabaseFull = (error: unknown): boolean => isDriverError(error) && error.code === '53100'

/** `database.unavailable` or `database.full` where that is what happened, else the error itself. */
export function asDatabaseError(error: unknown): unknown {
  if (isDatabaseFull(error)) return new AppError('database.full', { cause: error })
  return isDatabaseUnavailable(error) ? new AppError('database.unavailable', { cause: error }) : error
}
