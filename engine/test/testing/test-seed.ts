import { randomInt } from 'node:crypto'

/** Part of the name of every test that uses it; HOLDFAST_TEST_SEED (`npm run test:faults -- --seed S`) makes a run repeatable. */
// oxlint-disable-next-line node/no-process-env -- tests have no configuration of their own
export const testSeed = Number(process.env['HOLDFAST_TEST_SEED'] ?? randomInt(2 ** 31))
