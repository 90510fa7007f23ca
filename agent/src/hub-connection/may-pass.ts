import { AppError, errorFacts } from '@holdfast/shared-types'

/** True where the same call may succeed by itself a moment later. The one place that reads the registry's retry rules here. */
export function mayPass(error: unknown): boolean {
  if (!(error instanceof AppError)) return false
  const { category } = errorFacts(error.code)
  return category === 'unavailable' || category === 'rate-limited'
}
