/** Workspaces import each other's sources through this private condition: no build before a test. */
export const sourceConditions = ['@holdfast/source']

/** What vitest.config.ts and vitest.faults.config.ts have in common. */
export const sourceResolution = { resolve: { conditions: sourceConditions }, ssr: { resolve: { conditions: sourceConditions } } }

/** A vitest project of one workspace whose tests run in Node, in processes of their own. */
export const nodeProject = (name: string, include: string[], more: { readonly globalSetup?: string[] } = {}) => ({
  extends: true as const,
  test: {
    ...more,
    name,
    include,
    exclude: ['**/node_modules/**', '**/dist/**'],
    environment: 'node' as const,
    execArgv: sourceConditions.flatMap((condition) => ['-C', condition]),
  },
})
