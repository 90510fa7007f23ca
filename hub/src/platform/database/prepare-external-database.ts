import { AppError } from '@holdfast/shared-types'
import { Client } from 'pg'
import { errorCode } from '../lifecycle/error-code.ts'
import { databaseName, toClientConfig } from './connection.ts'
import { asDatabaseError } from './translate-driver-error.ts'

/** Oldest Postgres that the hub's statements were tried with (docs/architecture.md). */
const oldestVersion = 150_000

/**
 * Makes sure that the database of a DATABASE_URL can be used, and creates it where it is missing and we may.
 *
 * @throws AppError `settings.invalid` when the server refuses us or is too old; `database.unavailable` when nothing answers
 */
export async function prepareExternalDatabase(url: string): Promise<void> {
  try {
    await requireVersion(url)
  } catch (error) {
    if (errorCode(error) !== '3D000') throw asSettingsProblem(error)
    await createDatabase(url)
    await requireVersion(url)
  }
}

async function requireVersion(url: string): Promise<void> {
  const { rows } = await withClient(url, (client) =>
    client.query<{ number: number; name: string }>(
      `select current_setting('server_version_num')::int as number, current_setting('server_version') as name`,
    ),
  )
  const version = rows[0]
  if (version && version.number >= oldestVersion) return
  throw new AppError('settings.invalid', {
    message: `DATABASE_URL names a Postgres ${version?.name}; the hub needs 15 or newer.`,
    cure: 'Use a newer server, or unset DATABASE_URL to use the embedded one.',
  })
}

async function createDatabase(url: string): Promise<void> {
  const name = databaseName({ url })
  // Every cluster has this database for just that: connecting while one's own does not exist yet.
  const maintenanceUrl = new URL(url)
  maintenanceUrl.pathname = '/postgres'
  try {
    await withClient(maintenanceUrl.href, (client) => client.query(`create database ${client.escapeIdentifier(name)}`))
  } catch (cause) {
    if (errorCode(cause) === '42P04') return // somebody else was faster
    throw new AppError('settings.invalid', {
      message: `DATABASE_URL names the database ${name}, which does not exist, and this user may not create it.`,
      cure: `Let the server's administrator run: create database ${name} owner …`,
      cause,
    })
  }
}

async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client(toClientConfig({ url }))
  client.on('error', () => undefined) // a session that is cut fails its query
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** Class 28 of Postgres: who we say we are is not accepted; `SASL`: the server asks for a password and there is none. */
function asSettingsProblem(error: unknown): unknown {
  const isRefused = errorCode(error).startsWith('28') || (error instanceof Error && error.message.startsWith('SASL'))
  if (!isRefused) return asDatabaseError(error)
  return new AppError('settings.invalid', {
    message: 'The Postgres that DATABASE_URL names does not accept its user and password.',
    cure: 'Correct them in DATABASE_URL; special characters have to be percent-encoded.',
    cause: error,
  })
}
