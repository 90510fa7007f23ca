import { describe, expect, test } from 'vitest'
import { readPlaywrightReport, readVitestReport } from './read-reports.ts'
import { addTallies, closingLine, countBreakdown } from './tally.ts'

const fileOf = (status: string, ...tests: string[]) => ({ status, assertionResults: tests.map((outcome) => ({ status: outcome })) })

describe('a vitest report', () => {
  test('is counted test by test', () => {
    const text = JSON.stringify({
      testResults: [fileOf('passed', 'passed', 'passed', 'skipped'), fileOf('failed', 'passed', 'failed', 'todo')],
    })
    expect(readVitestReport(text)).toEqual({ passed: 3, failed: 1, skipped: 2 })
  })

  test('counts a file that could not be loaded as one failure', () => {
    expect(readVitestReport(JSON.stringify({ testResults: [fileOf('passed', 'passed'), fileOf('failed')] }))).toEqual({
      passed: 1,
      failed: 1,
      skipped: 0,
    })
  })

  test('that is torn is no report', () => {
    expect(readVitestReport('{"testResults": [')).toBeNull()
    expect(readVitestReport('')).toBeNull()
  })
})

describe('a Playwright report', () => {
  test('counts flaky journeys and errors outside of journeys as failures', () => {
    const text = JSON.stringify({ stats: { expected: 4, unexpected: 1, flaky: 2, skipped: 3 }, errors: [{ message: 'no web server' }] })
    expect(readPlaywrightReport(text)).toEqual({ passed: 4, failed: 4, skipped: 3 })
  })
})

describe('a tool that broke', () => {
  test('is one failure when it left no report', () => expect(countBreakdown(null, 0).failed).toBe(1))

  test('is one failure when it ran no test', () =>
    expect(countBreakdown({ passed: 0, failed: 0, skipped: 2 }, 0)).toEqual({ passed: 0, failed: 1, skipped: 2 }))

  test('is one failure when it ended badly though all tests passed', () =>
    expect(countBreakdown({ passed: 5, failed: 0, skipped: 0 }, 1)).toEqual({ passed: 5, failed: 1, skipped: 0 }))

  test('adds nothing to failures that explain its exit code', () =>
    expect(countBreakdown({ passed: 5, failed: 2, skipped: 0 }, 1).failed).toBe(2))
})

test('the closing line is plain, and names skipped tests only where there are some', () => {
  expect(
    closingLine(
      addTallies([
        { passed: 1, failed: 0, skipped: 0 },
        { passed: 2, failed: 1, skipped: 0 },
      ]),
    ),
  ).toBe('3 passed, 1 failed')
  expect(closingLine({ passed: 2, failed: 0, skipped: 1 })).toBe('2 passed, 0 failed, 1 skipped')
})
