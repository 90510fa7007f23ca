import { readFileSync } from 'node:fs'
import path from 'node:path'
import { replaceFile } from '../../lifecycle/durable-file.ts'
import type { ClusterLayout } from './cluster-layout.ts'

export interface SettingsOptions {
  readonly layout: ClusterLayout
  /** Null where the server listens on loopback instead (Windows). */
  readonly socketFolder: string | null
  readonly port: number
  /** True when another user than the hub's must be able to read the file. */
  readonly isShared: boolean
  /** Name → value, over the ones below. */
  readonly overrides: Readonly<Record<string, string>>
}

/**
 * Writes the server's settings. They lie outside the cluster, in a file of the hub: the cluster's own postgresql.conf belongs to
 * the database's user.
 *
 * @returns true when they differ from what was there, so that a running server has to be restarted.
 */
export function writeServerSettings(options: SettingsOptions): boolean {
  const { layout, socketFolder } = options
  const settings: Record<string, string> = {
    listen_addresses: socketFolder === null ? '127.0.0.1' : '',
    ...(socketFolder === null ? {} : { unix_socket_directories: socketFolder, unix_socket_permissions: '0700' }),
    port: String(options.port),
    // Hub, jobs and a person with psql; each costs about 2 MiB when used.
    max_connections: '60',
    // Touched as needed: an idle hub's server holds 32 MiB in all (measured, 10 processes).
    shared_buffers: '256MB',
    max_wal_size: '2GB',
    wal_compression: 'pglz', // the only method in these builds
    random_page_cost: '1.1', // flash, not rotating disks
    jit: 'off', // not in these builds
    timezone: 'UTC',
    log_timezone: 'UTC',
    idle_in_transaction_session_timeout: '10min',
    logging_collector: 'on',
    log_directory: layout.logFolder,
    // One file a weekday, overwritten a week later: the log never grows without end.
    log_filename: 'postgres-%a.log',
    log_truncate_on_rotation: 'on',
    log_rotation_age: '1d',
    ...options.overrides,
  }
  const lines = [
    '# Written by the hub before each start; changes made here are lost.',
    `include ${quote(path.join(layout.dataFolder, 'postgresql.conf').replaceAll('\\', '/'))}`,
    ...Object.entries(settings).map(([name, value]) => `${name} = ${quote(value)}`),
  ]
  const text = `${lines.join('\n')}\n`
  if (readOrEmpty(layout.settingsFile) === text) return false
  replaceFile(layout.settingsFile, text, options.isShared ? 0o644 : 0o600)
  return true
}

const quote = (value: string): string => `'${value.replaceAll("'", "''")}'`

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return '' // none yet
  }
}
