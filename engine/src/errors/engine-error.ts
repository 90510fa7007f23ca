/**
 * Everything that can go wrong inside the engine, as a closed set of `noun.problem` codes.
 *
 * Each app that uses the engine maps every code once (`satisfies Record<EngineErrorCode, …>`), so a new line
 * here is a compile error there until somebody has decided what a person is told.
 */
export const engineErrorCodes = [
  'bytes.truncated',
  'bytes.invalid',
  'format.unsupported-version',
  'format.invalid',
  'pack.invalid',
  'pack.checksum-mismatch',
  'segment.authentication-failed',
  'blob.id-mismatch',
  'blob.missing',
  'blob.too-large',
  'snapshot.signature-invalid',
  'snapshot.invalid',
  'vault.key-mismatch',
  'vault.not-found',
  'vault.exists',
  'vault.invalid',
  'key-slot.wrong-secret',
  'journal.invalid',
  'store.not-found',
  'store.exists',
  'store.unavailable',
  'store.full',
  'store.io-error',
  'store.invalid-key',
  'chunker.limits-invalid',
  'source.not-found',
  'source.unreadable',
  'source.io-error',
  'source.changed',
  'source.vanished',
  'source.unsupported',
  'native.unavailable',
  'restore.target-invalid',
  'restore.entry-failed',
  'restore.unsafe-path',
  'restore.place-protected',
  'restore.nothing-matched',
  'restore.pattern-invalid',
  'restore.folder-skipped',
  'catalogue.damaged',
  'scratch.unreadable',
  'invariant.broken',
  'cancelled',
] as const

export type EngineErrorCode = (typeof engineErrorCodes)[number]

/** Named values for logs, units in the names. Never a secret, never the full path of a user's file. */
export type EngineErrorContext = Readonly<Record<string, string | number | boolean | null>>

const noContext: EngineErrorContext = Object.freeze({})

/**
 * The only error the engine throws on purpose.
 *
 * The message is for a person: what happened, and what to do about it where the engine can know.
 * `cause` keeps the error underneath (system call, driver) for the log.
 */
export class EngineError extends Error {
  readonly code: EngineErrorCode
  readonly context: EngineErrorContext

  constructor(code: EngineErrorCode, message: string, options: { context?: EngineErrorContext; cause?: unknown } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.name = 'EngineError'
    this.code = code
    this.context = options.context ?? noContext
  }
}

/** True for an {@link EngineError}, and with `code` given only for that one problem. */
export function isEngineError(error: unknown, code?: EngineErrorCode): error is EngineError {
  return error instanceof EngineError && (code === undefined || error.code === code)
}
