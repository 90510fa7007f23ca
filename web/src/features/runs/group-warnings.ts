import type { RunWarning } from '@holdfast/shared-types'

/** Warnings of one code: what went wrong, and everything it went wrong with. */
export interface WarningGroup {
  readonly code: string
  readonly warnings: readonly RunWarning[]
}

/** The largest group first; within a group as they came. */
export function groupWarnings(warnings: readonly RunWarning[]): readonly WarningGroup[] {
  const byCode = Map.groupBy(warnings, ({ code }) => code)
  return [...byCode].map(([code, group]) => ({ code, warnings: group })).sort((a, b) => b.warnings.length - a.warnings.length)
}

/** What a message says beyond what its group says already; null: nothing. */
export const ownWords = (message: string, ofGroup: readonly string[]): string | null =>
  message === '' || ofGroup.some((known) => known !== '' && (known === message || known.startsWith(message))) ? null : message
