import { isEngineError, type EngineErrorCode } from '@holdfast/engine/errors'
import { ApiError } from '../../../platform/errors/api-error.ts'
import type { RoomProblem } from '../room/room-calls.ts'

/** What a person is told of trouble in the engine; what is not here is damage. */
const codes: Partial<Record<EngineErrorCode, string>> = {
  'key-slot.wrong-secret': 'vault.wrong-key',
  'vault.key-mismatch': 'vault.wrong-key',
  'format.unsupported-version': 'vault.format-unsupported',
  'invariant.broken': 'internal',
}

/** Errors as they travel to the page: codes it has words for, and the sender's own words. Never a name or a path of a file. */
export function problemOf(error: unknown): RoomProblem {
  if (error instanceof ApiError) return { code: error.code, message: error.message, cure: error.cure, status: error.status }
  if (isEngineError(error)) return { code: codes[error.code] ?? 'vault.corrupt', message: error.message, cure: '', status: 0 }
  if (error instanceof DOMException && error.name === 'AbortError') return { code: 'run.cancelled', message: '', cure: '', status: 0 }
  return { code: 'internal', message: error instanceof Error ? error.message : '', cure: '', status: 0 }
}
