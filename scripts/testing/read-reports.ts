import { nothing, type Tally } from './tally.ts'

/** The part of vitest's JSON report that is read here. */
interface VitestReport {
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly { readonly status: string }[] }[]
}

/** The part of Playwright's JSON report that is read here. */
interface PlaywrightReport {
  readonly stats: { readonly expected: number; readonly unexpected: number; readonly flaky: number; readonly skipped: number }
  readonly errors: readonly unknown[]
}

/** @returns null when the text is no such report. */
export function readVitestReport(text: string): Tally | null {
  const report = parse<VitestReport>(text)
  if (report?.testResults === undefined) return null
  let tally = nothing
  for (const file of report.testResults) {
    const count = (...statuses: string[]) => file.assertionResults.filter(({ status }) => statuses.includes(status)).length
    const failed = count('failed')
    // A file that could not be loaded has no tests to fail.
    const brokenFile = file.status === 'failed' && failed === 0 ? 1 : 0
    tally = {
      passed: tally.passed + count('passed'),
      failed: tally.failed + failed + brokenFile,
      skipped: tally.skipped + count('skipped', 'pending', 'todo', 'disabled'),
    }
  }
  return tally
}

/** @returns null when the text is no such report. */
export function readPlaywrightReport(text: string): Tally | null {
  const report = parse<PlaywrightReport>(text)
  if (report?.stats === undefined) return null
  const { expected, unexpected, flaky, skipped } = report.stats
  // A journey that passes only now and then is not passed.
  return { passed: expected, failed: unexpected + flaky + report.errors.length, skipped }
}

function parse<T>(text: string): T | null {
  try {
    return JSON.parse(text) as T
  } catch {
    return null // torn by a crash of the tool that wrote it
  }
}
