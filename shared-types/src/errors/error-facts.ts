import { categorySpecs, type CategorySpec } from './error-category.ts'
import { errorRegistry, type ErrorCode, type ErrorSpec } from './error-registry.ts'

export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(errorRegistry, code)

/** Everything the registry knows of a code, category defaults filled in. */
export function errorFacts(code: ErrorCode): ErrorSpec & CategorySpec {
  const spec: ErrorSpec = errorRegistry[code]
  const category = categorySpecs[spec.category]
  return { ...category, ...spec, exit: spec.exit ?? category.exit }
}
