import { defineConfig } from 'vitest/config'
import { nodeProject, sourceResolution } from './scripts/testing/vitest-project.ts'

export default defineConfig({
  ...sourceResolution,
  test: {
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      ...['shared-types', 'engine', 'agent'].map((workspace) => nodeProject(workspace, [`${workspace}/**/*.test.ts`])),
      // One Postgres for all of the hub's tests; each file gets a database of its own.
      nodeProject('hub', ['hub/**/*.test.ts'], { globalSetup: ['hub/src/platform/database/testing/global-setup.ts'] }),
      nodeProject('house', ['scripts/**/*.test.ts', 'e2e/stack/**/*.test.ts']),
      'web/vitest.config.ts',
    ],
  },
})
