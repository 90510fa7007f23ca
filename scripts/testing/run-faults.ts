import { parseArgs } from 'node:util'
import { randomInt } from 'node:crypto'
import { inRoot } from '../bootstrap/root.mjs'
import { finish, listenForStop } from './finish.ts'
import { runVitest } from './run-suite.ts'

const { values } = parseArgs({ options: { seed: { type: 'string' } } })
const seed = values.seed ?? String(randomInt(2 ** 31))
const signal = listenForStop()

console.log(`Seed ${seed}: repeat this run with npm run test:faults -- --seed ${seed}`)
const tally = await runVitest(['--config', inRoot('vitest.faults.config.ts')], {
  env: { HOLDFAST_TEST_SEED: seed },
  signal,
  timeoutMs: 80 * 60_000,
})
finish(tally, signal)
