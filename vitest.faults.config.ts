import { defineConfig } from 'vitest/config'
import { nodeProject, sourceResolution } from './scripts/testing/vitest-project.ts'

// The long suites of `npm run test:faults`: kills, torn writes, races. HOLDFAST_TEST_SEED makes a run repeatable.
export default defineConfig({
  ...sourceResolution,
  test: {
    pool: 'forks',
    // One at a time: a fault suite is about one unlucky moment, and a crowded machine has no other.
    maxWorkers: 1,
    testTimeout: 60 * 60_000,
    hookTimeout: 120_000,
    projects: [
      ...['engine', 'agent'].map((workspace) => nodeProject(workspace, [`${workspace}/**/*.faults.ts`])),
      nodeProject('hub', ['hub/**/*.faults.ts'], { globalSetup: ['hub/src/platform/database/testing/global-setup.ts'] }),
      nodeProject('house', ['scripts/**/*.faults.ts', 'e2e/{faults,bench}/**/*.faults.ts']),
    ],
  },
})
