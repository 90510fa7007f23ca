import { quickChecks, webChecks } from './checks.ts'
import { finish, listenForStop } from './finish.ts'
import { runChecks } from './run-checks.ts'
import { runPlaywright, runVitest } from './run-suite.ts'
import { addTallies, type Tally } from './tally.ts'

const signal = listenForStop()
// For what hangs: three times what a machine of two cores needs in a calm hour.
const suiteTimeoutMs = 22 * 60_000
const tallies: Tally[] = []

/** Cheapest first: who broke the format should not wait for a browser. */
const steps: readonly (() => Promise<Tally>)[] = [
  () => runChecks([webChecks, quickChecks], signal),
  () => runVitest([], { signal, timeoutMs: suiteTimeoutMs }),
  () => runPlaywright([], { signal, timeoutMs: suiteTimeoutMs }),
]
for (const step of steps) {
  if (!signal.aborted) tallies.push(await step())
}
finish(addTallies(tallies), signal)
