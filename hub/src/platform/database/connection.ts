import { Client, type ClientConfig } from 'pg'

/** Where the database is: the embedded server's parts, or a whole DATABASE_URL. */
export type DatabaseConnection =
  | { readonly host: string; readonly port: number; readonly user: string; readonly password: string; readonly database: string }
  | { readonly url: string }

/** What `pg` connects with; a URL keeps its own parameters (`sslmode`, `host` of a socket folder …). */
export function toClientConfig(connection: DatabaseConnection): ClientConfig {
  // 10 s: a server in recovery refuses at once, only a dead network is slow.
  const common = { application_name: 'holdfast-hub', connectionTimeoutMillis: 10_000, keepAlive: true }
  if ('url' in connection) return { ...common, connectionString: connection.url }
  return { ...common, ...connection }
}

/** The name of the database, which MikroORM wants to know beside the URL. */
export function databaseName(connection: DatabaseConnection): string {
  if (!('url' in connection)) return connection.database
  // pg's own parser decides, so that ORM and locks never mean two databases.
  return new Client(toClientConfig(connection)).database ?? ''
}
