/** One field of a request that the hub refused. */
export interface FieldProblem {
  readonly path: string
  readonly message: string
}

interface ApiErrorFacts {
  /** Code of the error registry; a newer hub may send one this console does not know. */
  readonly code: string
  /** In the sender's words, beside the console's own for the code; left out = these say it all. */
  readonly message?: string
  readonly cure?: string
  /** HTTP status; 0 = no answer came. */
  readonly status?: number
  readonly requestId?: string | undefined
  readonly fields?: readonly FieldProblem[] | undefined
  /** After this the hub will listen again, where it said so. */
  readonly retryAfterMs?: number | undefined
  readonly cause?: unknown
}

/** A call of the hub that did not succeed, as the hub explained it. */
export class ApiError extends Error {
  readonly code: string
  readonly cure: string
  readonly status: number
  readonly requestId: string | undefined
  readonly fields: readonly FieldProblem[]
  readonly retryAfterMs: number | undefined
  constructor(facts: ApiErrorFacts) {
    super(facts.message ?? '', facts.cause === undefined ? undefined : { cause: facts.cause })
    this.name = 'ApiError'
    this.code = facts.code
    this.cure = facts.cure ?? ''
    this.status = facts.status ?? 0
    this.requestId = facts.requestId
    this.fields = facts.fields ?? []
    this.retryAfterMs = facts.retryAfterMs
  }
}

export const hasCode = (error: unknown, code: string): boolean => error instanceof ApiError && error.code === code

/** True when no answer came at all: the same call may succeed later without anybody doing anything. */
export const isUnreachable = (error: unknown): boolean => hasCode(error, 'hub.unreachable')
