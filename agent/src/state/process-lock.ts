import { randomUUID } from 'node:crypto'
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { systemErrorCode } from '../errors/to-app-error.ts'
import { isAlive, ownMark } from './process-mark.ts'

/** `service` = `holdfast run`; `command` = a command that works as the agent until it is done. */
const Holder = z.object({ pid: z.int(), startedAt: z.string().nullable(), token: z.uuid(), purpose: z.enum(['service', 'command']) })
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
  try {
    for (let attempt = 0; attempt < 20; attempt += 1) {
      if (tryLink(own, path)) return { taken: true, lock: lockAt(path, holder) }
      const current = readHolder(path)
      if (current === 'gone') continue
      if (current !== 'unreadable' && isAlive(current)) return { taken: false, holder: current }
      if (await replaceStale(path, own, current, purpose)) return { taken: true, lock: lockAt(path, holder) }
      await sleep(10 + Math.floor(Math.random() * 40))
    }
    const current = readHolder(path)
    return { taken: false, holder: typeof current === 'string' ? null : current }
  } finally {
    rmSync(own, { force: true })
  }
}

/** Who holds the lock now; null = nobody alive. */
export function lockHolder(path: string): LockHolder | null {
  const holder = readHolder(path)
  return typeof holder === 'string' || !isAlive(holder) ? null : holder
}

async function replaceStale(path: string, own: string, stale: LockHolder | 'unreadable', purpose: LockPurpose): Promise<boolean> {
  const breaker = await takeLock(`${path}.${tokenOf(stale)}.breaking`, purpose)
  if (!breaker.taken) return false
  try {
    const current = readHolder(path)
    if (current === 'gone' || tokenOf(current) !== tokenOf(stale)) return false
    renameSync(own, path)
    return true
  } finally {
    breaker.lock.release()
  }
}

const tokenOf = (holder: LockHolder | 'unreadable'): string => (holder === 'unreadable' ? holder : holder.token)

function lockAt(path: string, holder: LockHolder): ProcessLock {
  return {
    release() {
      const current = readHolder(path)
      if (typeof current !== 'string' && current.token === holder.token) rmSync(path, { force: true })
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
