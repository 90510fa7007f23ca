import { AppError } from '@holdfast/shared-types'
import type { HubConfig } from '../config/config-schema.ts'
import { choosePostgresUser, type PostgresUser } from '../platform/database/embedded/postgres-user.ts'
import { requireWayToData } from '../platform/database/embedded/require-way-to-data.ts'
import { giveUpReserveIfScarce } from '../platform/disk-space/disk-reserve.ts'
import {
  dataFolderAt,
  isDataFolderInUse,
  makeDataFolder,
  requireMountedDataFolder,
  type DataFolder,
} from '../platform/lifecycle/data-folder.ts'
import type { FolderLock } from '../platform/lifecycle/folder-lock.ts'
import { loadHubSecret } from '../platform/lifecycle/hub-secret.ts'
import type { LockPurpose, LockRecord } from '../platform/lifecycle/lock-record.ts'
import { takeFolderLock } from '../platform/lifecycle/take-folder-lock.ts'
import type { CliContext } from './cli-context.ts'

/** The data folder, ready for use and ours until the lock is released. */
export interface HeldDataFolder {
  readonly folder: DataFolder
  readonly lock: FolderLock
  readonly secret: Uint8Array
  /** Who runs the embedded database; null for the hub's own user, and where the database is somebody else's. */
  readonly postgresUser: PostgresUser | null
}

/** The folder's place in the system is checked before anything is written. Then it is made, locked, and its secret read. */
export async function holdDataFolder(context: CliContext, purpose: LockPurpose): Promise<HeldDataFolder | { readonly holder: LockRecord }> {
  const { config, env, log } = context
  const folder = dataFolderAt(config.dataDir)
  requireMountedDataFolder(folder)
  const postgresUser = config.databaseUrl === null ? choosePostgresUser(folder.postgresFolder) : null
  if (postgresUser) requireWayToData(folder, postgresUser, env)
  // Lock, log and database all begin with a few bytes.
  giveUpReserveIfScarce(folder.reserveFile)
  makeDataFolder(folder, postgresUser !== null)

  const taken = await takeFolderLock(folder.lockFile, purpose, configuredAddress(config))
  if (taken.outcome === 'refused') return { holder: taken.holder }
  try {
    if (config.databaseUrl !== null) taken.lock.update({ database: 'none' })
    const secret = config.secret ?? loadHubSecret({ file: folder.secretFile, isInUse: isDataFolderInUse(folder), log })
    return { folder, lock: taken.lock, secret, postgresUser }
  } catch (error) {
    taken.lock.release()
    throw error
  }
}

/** Where the hub will listen, for whoever is refused before it does. */
export function configuredAddress(config: HubConfig): string {
  const host = config.host.includes(':') ? `[${config.host}]` : config.host
  return config.publicUrl ?? `${config.tls === null ? 'http' : 'https'}://${host}:${config.port}`
}

export function alreadyRunning(holder: LockRecord): AppError {
  const process = holder.owner === null ? '' : ` (process ${holder.owner.pid})`
  const who = holder.purpose === 'hub' ? 'Another hub' : 'A command of holdfast-hub'
  const where = holder.purpose === 'hub' && holder.address !== null ? ` and answers at ${holder.address}` : ''
  return new AppError('hub.already-running', {
    message: `${who}${process} uses this data folder${where}.`,
    context: { pid: holder.owner?.pid ?? null, address: holder.address },
  })
}
