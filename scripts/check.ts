/** `npm run check`: format, lint, rules and types, without building or running anything. */
import { quickChecks } from './testing/checks.ts'
import { finish, listenForStop } from './testing/finish.ts'
import { runChecks } from './testing/run-checks.ts'

const signal = listenForStop()
const half = Math.ceil(quickChecks.length / 2)
finish(await runChecks([quickChecks.slice(0, half), quickChecks.slice(half)], signal), signal)
