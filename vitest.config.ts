import { defineConfig } from 'vitest/config'
import { nodeProject, sourceResolution } from './scripts/testing/vitest-project.ts'

export default defineConfig({
  ...sourceResolution,
  test: {
    pool: 'forks',
    // One more than the cores of the smallest machine: many tests wait for processes and timers.
    maxWorkers: 3,
    // Limits are for what hangs, not for what is slow: a busy machine of two cores takes several times as long as usual.
    testTimeout: 90_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
    projects: [
      ...['shared-types', 'engine', 'agent'].map((workspace) => nodeProject(workspace, [`${workspace}/**/*.test.ts`])),
      // One Postgres for all of the hub's tests; each file gets a database of its own.
      nodeProject('hub', ['hub/**/*.test.ts'], { globalSetup: ['hub/src/platform/database/testing/global-setup.ts'] }),
      nodeProject('house', ['scripts/**/*.test.ts', 'e2e/{stack,bench,faults}/**/*.test.ts']),
      'web/vitest.config.ts',
    ],
  },
})
