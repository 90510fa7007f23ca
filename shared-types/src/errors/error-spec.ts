import type { ErrorCategory } from './error-category.ts'

export interface ErrorSpec {
  readonly category: ErrorCategory
  /** What happened, for a person. */
  readonly title: string
  /** What to do next. */
  readonly cure: string
  /** Where the code's exit status differs from its category's. */
  readonly exit?: number
}
