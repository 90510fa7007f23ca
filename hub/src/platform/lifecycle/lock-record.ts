import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { errorCode } from './error-code.ts'
import type { ProcessIdentity } from './process-identity.ts'

/** Who works with the data folder. A `command` and a `database-stop` are short: one waits for them instead of giving up. */
export type LockPurpose = 'hub' | 'command' | 'database-stop'

/**
 * Who sees to the embedded database of the folder: `none` = its owner uses another database and leaves this one alone; `watched` = its
 * owner has taken it over, and a watchdog stops it should the owner die; `starting` = not decided yet.
 */
export type LockDatabase = 'none' | 'starting' | 'watched'

export interface LockRecord {
  /** Random; names this taking of the lock and no other. */
  readonly token: string
  readonly owner: ProcessIdentity | null
  readonly purpose: LockPurpose
  /** Where the hub answers, for people; null before it listens. */
  readonly address: string | null
  /** Path of the admin socket, or name of the Windows pipe; null before it listens. */
  readonly adminSocket: string | null
  /** True once the owner has begun to stop: a new hub waits for it. */
  readonly isStopping: boolean
  readonly database: LockDatabase
}

export const serialiseLockRecord = (record: LockRecord): string => `${JSON.stringify(record)}\n`

/** The record in a lock file, null when there is no such file. A file torn by a power cut names an owner that is not there. */
export function readLockRecord(file: string): LockRecord | null {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null
    throw error
  }
  return parse(text) ?? tornRecord(text)
}

function parse(text: string): LockRecord | null {
  let value: Partial<LockRecord> | null
  try {
    value = JSON.parse(text) as Partial<LockRecord> | null
  } catch {
    return null // torn: the caller treats it as nobody's
  }
  if (typeof value?.token !== 'string' || !/^[0-9a-f]{8,64}$/.test(value.token)) return null
  return {
    token: value.token,
    owner: typeof value.owner?.pid === 'number' ? value.owner : null,
    purpose: value.purpose ?? 'hub',
    address: value.address ?? null,
    adminSocket: value.adminSocket ?? null,
    isStopping: value.isStopping ?? false,
    database: value.database ?? 'starting',
  }
}

/** The token comes from the bytes, so that all takers see the same one and only one of them can succeed it. */
const tornRecord = (text: string): LockRecord => ({
  token: createHash('sha256').update(text).digest('hex'),
  owner: null,
  purpose: 'hub',
  address: null,
  adminSocket: null,
  isStopping: false,
  database: 'starting',
})
