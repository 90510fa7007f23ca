import { isEngineError, type EngineErrorCode } from '@holdfast/engine/errors'
import { AppError, type ErrorCode } from '@holdfast/shared-types'

/** What a person is told of each problem of the engine, as the hub meets it. */
const contractCodes = {
  'bytes.truncated': 'vault.corrupt',
  'bytes.invalid': 'vault.corrupt',
  'format.unsupported-version': 'vault.format-unsupported',
  'format.invalid': 'vault.corrupt',
  'pack.invalid': 'pack.invalid',
  'pack.checksum-mismatch': 'pack.invalid',
  'segment.authentication-failed': 'vault.corrupt',
  'blob.id-mismatch': 'vault.corrupt',
  'blob.missing': 'vault.corrupt',
  'blob.too-large': 'vault.corrupt',
  'snapshot.signature-invalid': 'vault.corrupt',
  'snapshot.invalid': 'vault.corrupt',
  'vault.key-mismatch': 'vault.wrong-key',
  'vault.not-found': 'store.unavailable',
  'vault.exists': 'vault.locked',
  'vault.invalid': 'vault.corrupt',
  'key-slot.wrong-secret': 'vault.wrong-key',
  'journal.invalid': 'vault.corrupt',
  'store.not-found': 'vault.corrupt',
  'store.exists': 'pack.conflict',
  'store.unavailable': 'store.unavailable',
  'store.full': 'store.full',
  'store.io-error': 'store.unavailable',
  'store.invalid-key': 'internal',
  'chunker.limits-invalid': 'internal',
  'source.not-found': 'internal',
  'source.unreadable': 'internal',
  'source.io-error': 'internal',
  'source.changed': 'internal',
  'source.vanished': 'internal',
  'source.unsupported': 'internal',
  'native.unavailable': 'internal',
  'restore.target-invalid': 'internal',
  'restore.entry-failed': 'internal',
  'restore.unsafe-path': 'internal',
  'restore.place-protected': 'internal',
  'restore.nothing-matched': 'internal',
  'restore.pattern-invalid': 'internal',
  'restore.folder-skipped': 'internal',
  'catalogue.damaged': 'internal',
  'scratch.unreadable': 'internal',
  'invariant.broken': 'internal',
  cancelled: 'run.cancelled',
} as const satisfies Record<EngineErrorCode, ErrorCode>

/** The same problem in the words of the contract; anything that is not the engine's is given back as it is. */
export function translateEngineError(error: unknown): unknown {
  if (!isEngineError(error)) return error
  return new AppError(contractCodes[error.code], {
    message: error.message,
    context: { ...error.context, engineCode: error.code },
    cause: error,
  })
}

/** Runs `work` and translates what it throws: for the edges of this feature. */
export async function withContractErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw translateEngineError(error)
  }
}

/** Bytes that are not what they should be, as opposed to a store that does not answer. */
export const isDamage = (error: unknown): boolean =>
  isEngineError(error) && !/^(store\.(unavailable|full|io-error)|cancelled)$/.test(error.code)
