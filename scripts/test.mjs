/** `npm test`: installs what is missing, then runs every check and test in the project's Node. The last line is `N passed, N failed`. */
import { runStage } from './bootstrap/run-stage.mjs'
import { testPackages } from './bootstrap/system-packages.mjs'

await runStage('scripts/testing/run-tests.ts', { systemPackages: testPackages })
