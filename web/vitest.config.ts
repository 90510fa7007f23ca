import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { conditions: ['@holdfast/source', 'module', 'browser', 'development|production'] },
  test: { name: 'web', include: ['src/**/*.test.ts'], environment: 'happy-dom' },
})
