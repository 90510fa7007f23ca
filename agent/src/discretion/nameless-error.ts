import { errorFacts, isErrorCode, type ErrorCode, type RunWarning } from '@holdfast/shared-types'

interface NamelessError {
  readonly code: ErrorCode
  readonly message: string
  readonly cure: string
}

/** An error as the registry words it: its own message may quote the system, and the system quotes paths. */
export function namelessError(code: string): NamelessError {
  const known = isErrorCode(code) ? code : 'internal'
  const { title, cure } = errorFacts(known)
  return { code: known, message: title, cure }
}

/** One for each code, with how often: of at most a thousand that are told, as of all warnings. */
export function namelessWarnings(warnings: readonly RunWarning[]): RunWarning[] {
  const counts = new Map<ErrorCode, number>()
  for (const { code } of warnings) {
    const known = isErrorCode(code) ? code : 'internal'
    counts.set(known, (counts.get(known) ?? 0) + 1)
  }
  return [...counts].map(([code, count]) => ({
    path: '',
    code,
    message: `${errorFacts(code).title} ${count === 1 ? 'Once' : `${count} times`} in this run; the log on the device says where.`,
  }))
}
