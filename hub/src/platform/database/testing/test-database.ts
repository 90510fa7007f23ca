import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { inject } from 'vitest'
import type { DatabaseConnection } from '../connection.ts'

export interface TestDatabase {
  readonly connection: Extract<DatabaseConnection, { host: string }>
  drop(): Promise<void>
}

/** An empty database of its own for one test file, on the server of the test run (global-setup.ts). */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = inject('testPostgres')
  const database = `test_${randomBytes(8).toString('hex')}`
  await runOn(server, `create database ${database}`)
  return { connection: { ...server, database }, drop: () => runOn(server, `drop database if exists ${database} with (force)`) }
}

async function runOn(connection: Extract<DatabaseConnection, { host: string }>, statement: string): Promise<void> {
  const client = new Client(connection)
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
