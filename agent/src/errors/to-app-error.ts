import { EngineError } from '@holdfast/engine/errors'
import { AppError, type ErrorContext } from '@holdfast/shared-types/errors'
import { toContractCode } from './engine-error-codes.ts'

/** Turns whatever was thrown into the error a person is told; the first one stays as `cause`. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error
  if (error instanceof EngineError) {
    const context: ErrorContext = { ...error.context, engineCode: error.code }
    const code = toContractCode[error.code]
    return new AppError(code, { message: code === 'internal' ? undefined : error.message, context, cause: error })
  }
  if (isAbort(error)) return new AppError('run.cancelled', { cause: error })
  return new AppError('internal', { cause: error, context: { reason: error instanceof Error ? error.name : typeof error } })
}

/** An abort is a wish that was granted, not a problem. */
export const isAbort = (error: unknown): boolean => error instanceof Error && error.name === 'AbortError'

/** Where the file system said no: its code, else null. */
export const systemErrorCode = (error: unknown): string | null =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null
