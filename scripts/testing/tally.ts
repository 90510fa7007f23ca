/** What some tests came to. */
export interface Tally {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

export const nothing: Tally = { passed: 0, failed: 0, skipped: 0 }

export const addTallies = (tallies: readonly Tally[]): Tally =>
  tallies.reduce(
    (sum, { passed, failed, skipped }) => ({ passed: sum.passed + passed, failed: sum.failed + failed, skipped: sum.skipped + skipped }),
    nothing,
  )

/** The line that ends every test command: scripts read it. */
export const closingLine = ({ passed, failed, skipped }: Tally): string =>
  `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`

/**
 * Makes sure that a tool that broke is seen: no report, no test at all, or an exit code that its failures do not explain
 * counts as one failure.
 */
export function countBreakdown(tally: Tally | null, exitCode: number): Tally {
  if (tally === null || tally.passed + tally.failed === 0) return { ...(tally ?? nothing), failed: 1 }
  return exitCode !== 0 && tally.failed === 0 ? { ...tally, failed: 1 } : tally
}
