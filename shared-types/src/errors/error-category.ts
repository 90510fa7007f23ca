/** What kind of problem a code names; status, retry rule, log level and exit code follow from it (docs/errors.md). */
export type ErrorCategory =
  | 'invalid-input'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'precondition'
  | 'rate-limited'
  | 'quota'
  | 'unavailable'
  | 'cancelled'
  | 'corrupt'
  | 'unsupported'
  | 'internal'

export type RetryRule = 'never' | 'later' | 'after-action'
export type LogLevel = 'info' | 'warn' | 'error'

export interface CategorySpec {
  /** HTTP status of an answer with this category. */
  readonly status: number
  readonly retry: RetryRule
  readonly log: LogLevel
  /** Exit status of the command line (docs/architecture.md, commands). */
  readonly exit: number
}

export const categorySpecs = {
  'invalid-input': { status: 400, retry: 'never', log: 'info', exit: 2 },
  unauthenticated: { status: 401, retry: 'never', log: 'info', exit: 1 },
  forbidden: { status: 403, retry: 'never', log: 'info', exit: 1 },
  'not-found': { status: 404, retry: 'never', log: 'info', exit: 4 },
  conflict: { status: 409, retry: 'later', log: 'info', exit: 1 },
  precondition: { status: 409, retry: 'after-action', log: 'warn', exit: 1 },
  'rate-limited': { status: 429, retry: 'later', log: 'warn', exit: 11 },
  quota: { status: 507, retry: 'after-action', log: 'warn', exit: 1 },
  unavailable: { status: 503, retry: 'later', log: 'warn', exit: 11 },
  cancelled: { status: 499, retry: 'never', log: 'info', exit: 130 },
  corrupt: { status: 500, retry: 'after-action', log: 'error', exit: 20 },
  unsupported: { status: 426, retry: 'after-action', log: 'warn', exit: 1 },
  internal: { status: 500, retry: 'never', log: 'error', exit: 1 },
} as const satisfies Record<ErrorCategory, CategorySpec>
