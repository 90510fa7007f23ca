/** `npm run bench [-- SET…]`: installs what is missing, also the programs to compare with, and measures the whole system beside them (docs/performance.md). */
import { runStage } from './bootstrap/run-stage.mjs'
import { benchPackages } from './bootstrap/system-packages.mjs'

// Sizes are compared with each other, and need rsync alone.
const isScaleAlone = process.argv[2] === 'scale' && (process.argv[3] ?? '-').startsWith('-')
// A gate that compares with fewer than it names would be no gate; stages are compared with nothing that is not here.
const isCompared = !['--no-gate', '--stages'].some((option) => process.argv.includes(option))
await runStage('e2e/bench/run-bench.ts', {
  systemPackages: benchPackages({ isRequired: isCompared && !isScaleAlone, hasPeers: !isScaleAlone }),
})
