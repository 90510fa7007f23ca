import { randomUUID } from 'node:crypto'
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { systemErrorCode } from '../errors/to-app-error.ts'
import { isWitnessed, openWitness, removeWitness, type LockWitness } from './lock-witness.ts'
import { ownMark, stateOf } from './process-mark.ts'

/** `service` = `holdfast run`; `command` = a command that works as the agent until it is done. */
const Holder = z.object({
  pid: z.int(),
  startedAt: z.string().nullable(),
  pidNamespace: z.string().nullable().default(null),
  token: z.uuid(),
  purpose: z.enum(['service', 'command']),
})
export type LockHolder = z.infer<typeof Holder>
export type LockPurpose = LockHolder['purpose']

export interface ProcessLock {
  release(): void
}
export type LockAttempt =
  | { readonly taken: true; readonly lock: ProcessLock }
  | { readonly taken: false; readonly holder: LockHolder | null }

/**
 * Takes the lock file, which says who holds it. A lock whose process is gone is taken over without a gap: whoever wants to
 * break lock T first takes the lock named after T by these same rules, looks again, and replaces the file by a rename. So two
 * processes never both hold it, wherever either is killed.
 */
export async function takeLock(path: string, purpose: LockPurpose): Promise<LockAttempt> {
  const holder: LockHolder = { ...ownMark(), token: randomUUID(), purpose }
  const own = `${path}.${holder.token}`
  writeFileSync(own, JSON.stringify(holder), { mode: 0o600, flag: 'wx' })
  // Before the lock names it: whoever reads that can tell that this process lives.
  const witness = await openWitness(path, holder.token)
  let isTaken = false
  try {
    for (let attempt = 0; attempt < 20; attempt += 1) {
      isTaken = tryLink(own, path)
      if (isTaken) return { taken: true, lock: lockAt(path, holder, witness) }
      const current = readHolder(path)
      if (current === 'gone') continue
      if (current !== 'unreadable' && (await isHeld(path, current))) return { taken: false, holder: current }
      isTaken = await replaceStale(path, own, current, purpose)
      if (isTaken) return { taken: true, lock: lockAt(path, holder, witness) }
      await sleep(10 + Math.floor(Math.random() * 40))
    }
    const current = readHolder(path)
    return { taken: false, holder: typeof current === 'string' ? null : current }
  } finally {
    if (!isTaken) witness?.close()
    rmSync(own, { force: true })
  }
}

/** Who holds the lock now; null = nobody alive. */
export async function lockHolder(path: string): Promise<LockHolder | null> {
  const holder = readHolder(path)
  return typeof holder !== 'string' && (await isHeld(path, holder)) ? holder : null
}

/** An agent in another container on the same folder: its number says nothing here, but its witness answers. */
async function isHeld(path: string, holder: LockHolder): Promise<boolean> {
  const state = stateOf(holder)
  return state === 'elsewhere' ? isWitnessed(path, holder.token) : state === 'alive'
}

async function replaceStale(path: string, own: string, stale: LockHolder | 'unreadable', purpose: LockPurpose): Promise<boolean> {
  const breaker = await takeLock(`${path}.${tokenOf(stale)}.breaking`, purpose)
  if (!breaker.taken) return false
  try {
    const current = readHolder(path)
    if (current === 'gone' || tokenOf(current) !== tokenOf(stale)) return false
    renameSync(own, path)
    if (stale !== 'unreadable') removeWitness(path, stale.token)
    return true
  } finally {
    breaker.lock.release()
  }
}

const tokenOf = (holder: LockHolder | 'unreadable'): string => (holder === 'unreadable' ? holder : holder.token)

function lockAt(path: string, holder: LockHolder, witness: LockWitness | null): ProcessLock {
  return {
    release() {
      const current = readHolder(path)
      if (typeof current !== 'string' && current.token === holder.token) rmSync(path, { force: true })
      witness?.close()
    },
  }
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return false
    throw error
  }
}

/** `unreadable`: a lock that was torn by a crash of the machine; it names nobody, so nobody holds it. */
function readHolder(path: string): LockHolder | 'gone' | 'unreadable' {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return 'gone'
    throw error
  }
  const parsed = Holder.safeParse(parseJson(text))
  return parsed.success ? parsed.data : 'unreadable'
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Reported as `unreadable` by the caller.
    return null
  }
}
