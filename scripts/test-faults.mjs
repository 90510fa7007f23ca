/** `npm run test:faults [-- --seed S]`: the long fault, kill and race suites. The last line is `N passed, N failed`. */
import { runStage } from './bootstrap/run-stage.mjs'

await runStage('scripts/testing/run-faults.ts', { withSystemPackages: true })
