import type { TestProject } from 'vitest/node'
import { startTestPostgres, type TestPostgres } from './postgres-fixture.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The server of this test run; `createTestDatabase` makes databases on it. */
    testPostgres: TestPostgres['connection']
  }
}

/** Vitest calls this once before the hub's tests; what it returns ends the server. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const postgres = await startTestPostgres()
  project.provide('testPostgres', postgres.connection)
  return () => postgres.stop()
}
