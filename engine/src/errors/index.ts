export { EngineError, engineErrorCodes, isEngineError } from './engine-error.ts'
export type { EngineErrorCode, EngineErrorContext } from './engine-error.ts'
export { assertNever, invariant } from './invariant.ts'
