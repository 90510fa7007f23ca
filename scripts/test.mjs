/** `npm test`: installs what is missing, then runs every check and test in the project's Node. The last line is `N passed, N failed`. */
import { runStage } from './bootstrap/run-stage.mjs'

await runStage('scripts/testing/run-tests.ts', { withSystemPackages: true })
