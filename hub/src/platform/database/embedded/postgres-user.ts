import { readFileSync, readdirSync, statSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { AppError } from '@holdfast/shared-types'
import type { FolderOwner } from '../../lifecycle/private-folder.ts'

/** The user Postgres runs as when the hub is root: Postgres refuses to be root. */
export interface PostgresUser extends FolderOwner {
  /** For people; the number where the name is unknown. */
  readonly name: string
}

/**
 * Who runs the database: null for the hub's own user; as root `postgres` if the machine has that user, else `nobody`.
 * A cluster that exists keeps its owner, whichever users the machine got since.
 *
 * @throws AppError `settings.invalid` when there is nobody who could.
 */
export function choosePostgresUser(postgresFolder: string): PostgresUser | null {
  if (process.platform === 'win32') return null
  if (process.getuid?.() !== 0) return requireNamedUser()
  const accounts = readAccounts()
  const owner = ownerOfCluster(postgresFolder)
  if (owner) return { ...owner, name: accounts.find((account) => account.uid === owner.uid)?.name ?? String(owner.uid) }
  for (const name of ['postgres', 'nobody']) {
    const account = accounts.find((one) => one.name === name && one.uid !== 0)
    if (account) return account
  }
  throw new AppError('settings.invalid', {
    message: 'The hub runs as root, Postgres may not, and this machine has neither a user postgres nor nobody.',
    cure: 'Create a system user named postgres, run the hub as another user, or set DATABASE_URL to a Postgres of your own.',
  })
}

/** initdb looks its user up by name and gives up when there is none, as in `docker run --user 4242`. */
function requireNamedUser(): null {
  try {
    os.userInfo()
    return null
  } catch (cause) {
    throw new AppError('settings.invalid', {
      message: `The hub runs as user number ${process.getuid?.()}, which has no name on this machine; Postgres needs one.`,
      cure: 'Add the user to /etc/passwd, run the hub as a user that is there, or set DATABASE_URL to a Postgres of your own.',
      cause,
    })
  }
}

function ownerOfCluster(postgresFolder: string): FolderOwner | null {
  let names: string[]
  try {
    names = readdirSync(postgresFolder)
  } catch {
    return null // no database yet
  }
  for (const name of names.filter((one) => /^\d+$/.test(one))) {
    const { uid, gid } = statSync(path.join(postgresFolder, name))
    if (uid !== 0) return { uid, gid }
  }
  return null
}

function readAccounts(): PostgresUser[] {
  let text: string
  try {
    text = readFileSync('/etc/passwd', 'utf8')
  } catch {
    return [] // no accounts known: the caller says what is needed
  }
  return text.split('\n').flatMap((line) => {
    const [name, , uid, gid] = line.split(':')
    // macOS writes nobody's numbers as -2: the same 32 bits.
    return name && uid && gid ? [{ name, uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 }] : []
  })
}
