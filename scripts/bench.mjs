/** `npm run bench [-- SET…]`: installs what is missing, also the programs to compare with, and measures the whole system beside them (docs/performance.md). */
import { runStage } from './bootstrap/run-stage.mjs'
import { benchPackages } from './bootstrap/system-packages.mjs'

// A gate that compares with fewer than it names would be no gate.
await runStage('e2e/bench/run-bench.ts', { systemPackages: benchPackages({ isRequired: !process.argv.includes('--no-gate') }) })
