import { randomBytes } from 'node:crypto'
import { linkSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { replaceFile, writeDraft } from './durable-file.ts'
import { errorCode } from './error-code.ts'
import { readLockRecord, serialiseLockRecord, type LockPurpose, type LockRecord } from './lock-record.ts'
import { connectTo, isWitnessed, isWitnessOf, openWitness, type LockWitness } from './lock-witness.ts'
import { ownIdentity, stateOfProcess } from './process-identity.ts'

/*
 * The lock of a data folder, by plain files, because Node has no lock that the kernel would free.
 *
 * `hub.lock` names its owner. An owner found dead is succeeded, not deleted: the taker links its own record as
 * `hub.lock.after-<token of the dead>`. That name can exist once, so of many takers one wins, and the lock's owner is the last
 * of the chain hub.lock → after-… → after-…. A winner that walks the chain again and still finds itself last renames its claim
 * over `hub.lock`. A taker that linked a name just freed by this sees, on its second walk, another record in `hub.lock` and
 * steps back.
 */

export interface FolderLock {
  readonly record: LockRecord
  /** Tells others more about the owner. */
  update(changes: Partial<Pick<LockRecord, 'address' | 'adminSocket' | 'isStopping' | 'database'>>): void
  release(): void
}

export type LockAttempt =
  | { readonly outcome: 'taken'; readonly lock: FolderLock }
  | { readonly outcome: 'refused'; readonly holder: LockRecord }

interface Link {
  readonly file: string
  readonly record: LockRecord
}

/** Takes the lock if nobody alive holds it. Of any number of processes that try at once, one succeeds. */
export async function tryFolderLock(lockFile: string, purpose: LockPurpose, address: string | null): Promise<LockAttempt> {
  const record: LockRecord = {
    token: randomBytes(16).toString('hex'),
    owner: ownIdentity(),
    purpose,
    address,
    adminSocket: null,
    isStopping: false,
    database: 'starting',
  }
  let witness: LockWitness | null = null
  let isTaken = false
  const draft = writeDraft(lockFile, serialiseLockRecord(record), 0o600)
  try {
    for (;;) {
      const last = walkChain(lockFile).at(-1)
      if (last && (await isHeld(lockFile, last.record))) return { outcome: 'refused', holder: last.record }
      // Before the record is to be seen: whoever reads it can tell that its owner lives.
      witness ??= await openWitness(lockFile, record.token)
      const claim = last ? claimOn(lockFile, last.record) : lockFile
      if (!linkIfFree(draft, claim)) continue
      if (walkChain(lockFile).at(-1)?.record.token === record.token) {
        if (last) renameSync(claim, lockFile)
        clearLeftovers(lockFile, record)
        isTaken = true
        return { outcome: 'taken', lock: ownedLock(lockFile, record, witness) }
      }
      removeIfOwn(claim, record) // somebody else finished a takeover meanwhile
    }
  } finally {
    rmSync(draft, { force: true })
    if (!isTaken) witness?.close()
  }
}

/** The living owner of the lock, null when there is none. */
export async function findLockHolder(lockFile: string): Promise<LockRecord | null> {
  const last = walkChain(lockFile).at(-1)
  return last && (await isHeld(lockFile, last.record)) ? last.record : null
}

/** A name that is free for one successor of exactly this owner. */
const claimOn = (lockFile: string, record: LockRecord): string => `${lockFile}.after-${record.token}`

function walkChain(lockFile: string): Link[] {
  const chain: Link[] = []
  for (let file = lockFile; ;) {
    const record = readLockRecord(file)
    if (!record) return chain
    chain.push({ file, record })
    file = claimOn(lockFile, record)
  }
}

function linkIfFree(draft: string, name: string): boolean {
  try {
    linkSync(draft, name)
    return true
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false
    throw error
  }
}

function removeIfOwn(file: string, record: LockRecord): void {
  if (readLockRecord(file)?.token === record.token) rmSync(file, { force: true })
}

/** Removes the claims of those who are out, and drafts of processes that were killed while they tried. */
function clearLeftovers(lockFile: string, record: LockRecord): void {
  const folder = path.dirname(lockFile)
  const claimOnMe = path.basename(claimOn(lockFile, record))
  for (const name of readdirSync(folder)) {
    const file = path.join(folder, name)
    if (name.startsWith(`${path.basename(lockFile)}.after-`) && name !== claimOnMe) rmSync(file, { force: true })
    const isPassing = name.startsWith(`${path.basename(lockFile)}.draft-`) || (isWitnessOf(lockFile, name) && !isMyWitness(name, record))
    if (isPassing && isOld(file)) rmSync(file, { force: true })
  }
}

const isMyWitness = (name: string, record: LockRecord): boolean => name.endsWith(record.token.slice(0, 16))

/** A taker that does not win needs its draft and its witness for moments only. */
function isOld(file: string): boolean {
  const draftLifeMs = 600_000
  const modifiedAtMs = statSync(file, { throwIfNoEntry: false })?.mtimeMs
  return modifiedAtMs !== undefined && Date.now() - modifiedAtMs > draftLifeMs
}

function ownedLock(lockFile: string, taken: LockRecord, witness: LockWitness | null): FolderLock {
  let record = taken
  const isMine = () => readLockRecord(lockFile)?.token === record.token
  return {
    get record() {
      return record
    },
    update(changes) {
      if (!isMine()) return
      record = { ...record, ...changes }
      replaceFile(lockFile, serialiseLockRecord(record), 0o600)
    },
    release() {
      removeIfOwn(lockFile, record)
      witness?.close()
    },
  }
}

async function isHeld(lockFile: string, record: LockRecord): Promise<boolean> {
  if (record.owner === null) return false
  const state = stateOfProcess(record.owner)
  // A hub in another container on the same folder: its number says nothing here, but its sockets answer.
  if (state === 'elsewhere') {
    if (await isWitnessed(lockFile, record.token)) return true
    return record.adminSocket !== null && (await connectTo(record.adminSocket)) === 'connected'
  }
  // Windows tells no start time, so a number that lives may be another program's: there the pipe decides.
  if (state === 'alive' && record.owner.startedAt === null && record.adminSocket !== null)
    return (await connectTo(record.adminSocket)) === 'connected'
  return state === 'alive'
}
