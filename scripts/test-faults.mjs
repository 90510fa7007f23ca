/** `npm run test:faults [-- --seed S]`: the long fault, kill and race suites. The last line is `N passed, N failed`. */
import { runStage } from './bootstrap/run-stage.mjs'
import { testPackages } from './bootstrap/system-packages.mjs'

await runStage('scripts/testing/run-faults.ts', { systemPackages: testPackages })
