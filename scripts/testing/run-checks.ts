import type { Check } from './checks.ts'
import { addTallies, type Tally } from './tally.ts'

/** Runs lists of checks side by side (one per core), each list in order, and tells each result as it comes. */
export async function runChecks(tracks: readonly (readonly Check[])[], signal: AbortSignal): Promise<Tally> {
  return addTallies((await Promise.all(tracks.map((track) => runTrack(track, signal)))).flat())
}

async function runTrack(checks: readonly Check[], signal: AbortSignal): Promise<Tally[]> {
  const tallies: Tally[] = []
  for (const check of checks) {
    if (signal.aborted) break
    tallies.push(await runCheck(check, signal))
  }
  return tallies
}

async function runCheck(check: Check, signal: AbortSignal): Promise<Tally> {
  const startedAtMs = performance.now()
  const problem = await check.findProblem(signal)
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1)
  console.log(problem === null ? `ok   ${check.name} (${seconds} s)` : `FAIL ${check.name} (${seconds} s)\n${indent(problem)}`)
  return { passed: problem === null ? 1 : 0, failed: problem === null ? 0 : 1, skipped: 0 }
}

const indent = (text: string): string =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => `     ${line}`)
    .join('\n')
