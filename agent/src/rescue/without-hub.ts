import { errorFacts, type RunError } from '@holdfast/shared-types'
import { AppError } from '@holdfast/shared-types/errors'
import { toAppError } from '../errors/to-app-error.ts'

const cure = 'Keep the vault as it is, and try other snapshots: they may be whole. Copy it elsewhere before anything is tried with it.'

/** What helps against damage is mostly a command of the hub; without one it is another. */
export function withoutHub(error: unknown): AppError {
  const known = toAppError(error)
  if (known.code !== 'vault.corrupt' || known.cure !== errorFacts('vault.corrupt').cure) return known
  return new AppError('vault.corrupt', { message: known.message, cure, context: known.context, cause: known })
}

export const runErrorWithoutHub = (error: RunError | null): RunError | null =>
  error?.code === 'vault.corrupt' && error.cure === errorFacts('vault.corrupt').cure ? { ...error, cure } : error
