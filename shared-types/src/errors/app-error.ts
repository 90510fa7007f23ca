import { errorFacts } from './error-facts.ts'
import type { ErrorCode } from './error-registry.ts'

/** Named values with units that help to understand an error; never a secret. */
export type ErrorContext = Readonly<Record<string, string | number | boolean | null>>

interface AppErrorOptions {
  /** What happened in this case; the registry's title where nothing more is known. */
  readonly message?: string | undefined
  readonly cure?: string | undefined
  readonly context?: ErrorContext | undefined
  readonly cause?: unknown
}

/** The one error class that crosses rooms: a stable code, a message for a person, and the cure. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly cure: string
  readonly context: ErrorContext
  constructor(code: ErrorCode, options: AppErrorOptions = {}) {
    super(options.message ?? errorFacts(code).title, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.cure = options.cure ?? errorFacts(code).cure
    this.context = options.context ?? {}
  }
}
