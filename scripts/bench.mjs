/** `npm run bench [-- SET…]`: the whole system beside other programs (docs/performance.md). */
import { runStage } from './bootstrap/run-stage.mjs'

await runStage('e2e/bench/run-bench.ts')
