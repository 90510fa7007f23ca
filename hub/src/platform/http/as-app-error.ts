import { AppError } from '@holdfast/shared-types'
import { isDatabaseFull, isDatabaseUnavailable } from '../database/translate-driver-error.ts'

/** What an edge tells of something thrown: our own errors as they are, an absent or full database by its name, the rest as `internal`. */
export function asAppError(error: unknown): AppError {
  if (error instanceof AppError) return error
  if (isDatabaseFull(error)) return new AppError('database.full', { cause: error })
  return new AppError(isDatabaseUnavailable(error) ? 'database.unavailable' : 'internal', { cause: error })
}
