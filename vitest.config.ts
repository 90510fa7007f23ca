import { defineConfig } from 'vitest/config'

// Workspaces import each other's sources through the private condition: no build before a test.
const conditions = ['@holdfast/source']
const nodeProject = (name: string, include: string[] = [`${name}/**/*.test.ts`]) => ({
  extends: true as const,
  test: { name, include, exclude: ['**/node_modules/**', '**/dist/**'], environment: 'node', execArgv: ['-C', '@holdfast/source'] },
})

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      nodeProject('shared-types'),
      nodeProject('engine'),
      nodeProject('hub'),
      nodeProject('agent'),
      nodeProject('house', ['scripts/**/*.test.ts']),
      'web/vitest.config.ts',
    ],
  },
})
