import { Client } from 'pg'
import { errorCode } from '../../lifecycle/error-code.ts'

/** How to reach a server that listens on this machine. */
export interface ServerConnection {
  /** A folder (unix socket) or a host name. */
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
}

export type ProbeAnswer =
  | { readonly state: 'ready'; readonly version: string }
  /** It is there but starts, recovers or shuts down. */
  | { readonly state: 'busy' }
  /** Nobody listens. */
  | { readonly state: 'absent' }

/** @throws the driver's error when the server answers and refuses us. */
export async function probeServer(connection: ServerConnection): Promise<ProbeAnswer> {
  const client = new Client({ ...connection, database: 'postgres', connectionTimeoutMillis: 5000 })
  client.on('error', ignoreLostConnection)
  try {
    await client.connect()
    const { rows } = await client.query<{ server_version: string }>('show server_version')
    return { state: 'ready', version: rows[0]?.server_version ?? '' }
  } catch (error) {
    const code = errorCode(error)
    if (code === '57P03' || code === '57P01' || code === 'ECONNRESET') return { state: 'busy' }
    if (code === 'ENOENT' || code === 'ECONNREFUSED') return { state: 'absent' }
    if (code === '' && /timeout|terminated/i.test((error as Error).message)) return { state: 'busy' }
    throw error
  } finally {
    await client.end().catch(ignoreLostConnection)
  }
}

/** Creates the database unless it is there. */
export async function ensureDatabase(connection: ServerConnection): Promise<void> {
  const client = new Client({ ...connection, database: 'postgres' })
  client.on('error', ignoreLostConnection)
  await client.connect()
  try {
    const found = await client.query('select 1 from pg_database where datname = $1', [connection.database])
    if (found.rowCount === 0) await client.query(`create database ${client.escapeIdentifier(connection.database)}`)
  } finally {
    await client.end()
  }
}

/** A connection lost while it closes is closed; one lost before fails its query, which is where it is handled. */
function ignoreLostConnection(): void {}
