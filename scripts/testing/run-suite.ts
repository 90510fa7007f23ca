import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectEnv } from '../bootstrap/project-node.mjs'
import { inRoot, root } from '../bootstrap/root.mjs'
import { runProcess } from '../bootstrap/run-process.mjs'
import { readPlaywrightReport, readVitestReport } from './read-reports.ts'
import { countBreakdown, type Tally } from './tally.ts'

interface SuiteRun {
  readonly env?: NodeJS.ProcessEnv
  readonly signal: AbortSignal
  /** A suite that hangs is ended and counted as failed. */
  readonly timeoutMs: number
}

/** Runs vitest; what it prints goes to our output as it comes. */
export const runVitest = (args: readonly string[], run: SuiteRun): Promise<Tally> =>
  withReportFile((reportFile) =>
    runSuite({
      ...run,
      args: [
        inRoot('node_modules/vitest/vitest.mjs'),
        'run',
        ...args,
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${reportFile}`,
      ],
      readTally: () => readVitestReport(readReport(reportFile)),
    }),
  )

/** Runs the journeys in Playwright; what it prints goes to our output as it comes. */
export const runPlaywright = (args: readonly string[], run: SuiteRun): Promise<Tally> =>
  withReportFile((reportFile) =>
    runSuite({
      ...run,
      env: { ...run.env, PLAYWRIGHT_JSON_OUTPUT_FILE: reportFile, NODE_OPTIONS: '-C @holdfast/source' },
      args: [
        inRoot('node_modules/@playwright/test/cli.js'),
        'test',
        '-c',
        inRoot('e2e/playwright.config.ts'),
        '--reporter=list,json',
        ...args,
      ],
      readTally: () => readPlaywrightReport(readReport(reportFile)),
    }),
  )

async function runSuite(suite: SuiteRun & { readonly args: readonly string[]; readonly readTally: () => Tally | null }): Promise<Tally> {
  const { code, timedOut } = await runProcess(process.execPath, suite.args, {
    cwd: root,
    env: projectEnv(suite.env),
    signal: suite.signal,
    timeoutMs: suite.timeoutMs,
    onOutput: (text) => process.stdout.write(text),
  })
  if (timedOut) console.log(`FAIL ended after ${suite.timeoutMs / 60_000} minutes`)
  const tally = countBreakdown(suite.readTally(), code)
  if (code !== 0 && tally.failed === 1) console.log(`     (the tool ended with exit code ${code})`)
  return tally
}

async function withReportFile<T>(body: (reportFile: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-report-'))
  try {
    return await body(join(folder, 'report.json'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const readReport = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '')
