import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'
import { isPidInUse, readLinuxStat } from '../../../lifecycle/process-identity.ts'
import { startTypeScript, type LineProcess } from '../../../lifecycle/testing/line-process.ts'
import { isPostmasterOf, readPostmasterFile } from '../postmaster-pid.ts'
import type { ServerConnection } from '../probe-server.ts'

const holderFile = new URL('./database-holder.ts', import.meta.url)

export interface HolderOptions {
  readonly watchdogGraceMs?: number
  readonly settings?: Readonly<Record<string, string>>
  /** Runs the holder as this user. */
  readonly as?: { readonly uid: number; readonly gid: number }
  readonly env?: NodeJS.ProcessEnv
}

export interface HeldDatabase {
  readonly holder: LineProcess
  readonly isNew: boolean
  readonly isAdopted: boolean
  readonly connection: ServerConnection
  query(sql: string): Promise<Record<string, unknown>[]>
  /** Stops it in order and waits for the holder's end. */
  stop(): Promise<void>
}

export function startHolder(folder: string, { as, env, ...options }: HolderOptions = {}): LineProcess {
  return startTypeScript(holderFile, [folder, JSON.stringify(options)], { ...as, env: { ...process.env, ...env } })
}

/** Starts a process that holds the folder's database; rejects with what it was refused for. */
export async function holdDatabase(folder: string, options: HolderOptions = {}): Promise<HeldDatabase> {
  const holder = startHolder(folder, options)
  const answer = JSON.parse(await holder.nextLine()) as HeldDatabase & { error?: { code: string } }
  if (answer.error) throw new Error(JSON.stringify(answer.error))
  const { isNew, isAdopted, connection } = answer
  return {
    holder,
    isNew,
    isAdopted,
    connection,
    query: (sql) => queryOnce(connection, sql),
    async stop() {
      holder.say('stop')
      await holder.ended
    },
  }
}

export async function queryOnce(connection: ServerConnection, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ ...connection })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}

const clusterOf = (folder: string): string => path.join(folder, 'postgres', '18', 'data')

/** The number of the folder's server while it lives, else null. */
export function postmasterOf(folder: string): number | null {
  const running = readPostmasterFile(clusterOf(folder))
  return running && isPostmasterOf(clusterOf(folder), running.pid) ? running.pid : null
}

/** Every living process whose command line or working folder names the folder: server, watchdog, tools. Linux. */
export function processesOn(folder: string): number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return []
    return commandLineOf(Number(name)).includes(folder) ? [Number(name)] : []
  })
}

/** Empty for a process that is gone, or that ended and waits to be collected. Linux. */
export function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return '' // ended while we looked
  }
}

/** The watchdog of whoever holds the folder now; it keeps its number when it becomes the program that stops the server. Linux. */
export function watchdogOf(folder: string): number {
  const found = processesOn(folder).find((pid) => commandLineOf(pid).includes('database-watchdog'))
  if (found === undefined) throw new Error('there is no watchdog')
  return found
}

/** Ends the grace of a watchdog whose hub is dead, and waits until it has done its work: what would come later comes now. Linux. */
export async function endGrace(watchdog: number): Promise<void> {
  let sleeper = 0
  await until(() => (sleeper = Number(readFileSync(`/proc/${watchdog}/task/${watchdog}/children`, 'utf8'))) > 0, 60_000)
  process.kill(sleeper, 'SIGKILL')
  await until(() => !isPidInUse(watchdog) || readLinuxStat(watchdog) === null, 60_000)
}

/** Waits until `check` holds. @returns how long it took, in milliseconds. */
export async function until(check: () => boolean | Promise<boolean>, timeoutMs: number): Promise<number> {
  const startedAtMs = performance.now()
  while (!(await check())) {
    if (performance.now() - startedAtMs > timeoutMs) throw new Error(`not within ${timeoutMs} ms`)
    await delay(20)
  }
  return performance.now() - startedAtMs
}
