import { AppError } from '@holdfast/shared-types'
import { isOursToOpen, type DataFolder } from '../../lifecycle/data-folder.ts'
import { findBlockedFolder } from './find-blocked-folder.ts'
import type { PostgresUser } from './postgres-user.ts'

/**
 * Makes sure, without writing anything, that the database's user will reach what lies in the data folder. A data folder that is
 * ours does not count: `makeDataFolder` opens it.
 *
 * @throws AppError `settings.invalid` that names the folder in the way and the cure.
 */
export function requireWayToData(folder: DataFolder, user: PostgresUser, env: NodeJS.ProcessEnv): void {
  const blocked = findBlockedFolder(folder.root, user, env)
  if (blocked === null || (blocked === folder.root && isOursToOpen(folder))) return
  const what = blocked === folder.root ? 'the data folder' : 'a parent of the data folder'
  throw new AppError('settings.invalid', {
    message: `The database runs as the user ${user.name}, who may not enter ${blocked}, ${what}${blocked === folder.root ? '' : ` ${folder.root}`}. Nothing was written.`,
    cure: `Run \`chmod o+x ${quoteForShell(blocked)}\`, or set HOLDFAST_DATA to a folder elsewhere, or set DATABASE_URL to a Postgres of your own.`,
  })
}

const quoteForShell = (text: string): string => (/^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`)
