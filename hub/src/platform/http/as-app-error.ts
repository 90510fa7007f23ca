import { AppError } from '@holdfast/shared-types'
import { isDatabaseUnavailable } from '../database/translate-driver-error.ts'

/** What an edge tells of something thrown: our own errors as they are, an absent database by its name, the rest as `internal`. */
export function asAppError(error: unknown): AppError {
  if (error instanceof AppError) return error
  return new AppError(isDatabaseUnavailable(error) ? 'database.unavailable' : 'internal', { cause: error })
}
