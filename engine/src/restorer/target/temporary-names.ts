import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import type { TargetFolder } from '../../source/index.ts'

const prefix = '.holdfast-restore-'
/** A run that made nothing in a folder for so long, and of which nothing else is known, is over. */
const oldestMs = 24 * 60 * 60 * 1000
const nsPerMs = 1_000_000n

/**
 * Names of what is unfinished: `.holdfast-restore-<place>-<process>-<its start>-<run>-<number>`, `…-folder` in a folder that waits for
 * its metadata, and `…-probe-<letters>` for a moment. By place, process and start a later run knows what a killed one left behind from
 * what another one is writing just now; of another place (machine, boot or container) it can only judge the age.
 */
export class TemporaryNames {
  readonly #prefix = `${prefix}${place()}-${process.pid}-${startOf(process.pid)}-${randomBytes(4).toString('hex')}-`
  #count = 0

  next(): Buffer {
    return Buffer.from(`${this.#prefix}${this.#count++}`)
  }

  /** To find out what the file system makes of a name. */
  probe(name: Uint8Array): Buffer {
    return Buffer.concat([Buffer.from(`${this.#prefix}probe-`), name])
  }

  /** The mark of a folder that is not finished. */
  get folderMark(): Buffer {
    return Buffer.from(`${this.#prefix}folder`)
  }
}

/**
 * Takes away what a killed restore left in a folder.
 * @returns whether one left the folder itself unfinished, or may have.
 */
export function removeLeftovers(folder: TargetFolder, nowMs: number): boolean {
  let isUnfinished = false
  for (const run of runsIn(folder)) {
    const state = stateOf(run)
    // One elsewhere that is still at it gives the folder the same metadata as this one; one that was killed gives it none.
    if (state !== 'alive') isUnfinished ||= run.names.some((name) => name.endsWith(`${run.id}-folder`))
    if (state === 'ended' || (state === 'unknown' && isOld(folder, run, nowMs))) removeAll(folder, run)
  }
  return isUnfinished
}

/** What one restore has in a folder. */
interface Run {
  readonly id: string
  readonly place: string
  readonly pid: number
  readonly start: string
  /** One character a byte. */
  readonly names: string[]
}

const namePattern = /^(\.holdfast-restore-([0-9a-f]{16})-(\d+)-(\d+)-[0-9a-f]{8})-(?:\d+|folder|probe-[^]*)$/

function runsIn(folder: TargetFolder): Iterable<Run> {
  const runs = new Map<string, Run>()
  for (const name of folder.names((each) => each.startsWith(prefix)) ?? []) {
    const [, id, at, pid, start] = namePattern.exec(name) ?? []
    if (id === undefined || at === undefined || pid === undefined || start === undefined) continue
    const run = runs.get(id) ?? { id, place: at, pid: Number(pid), start, names: [] }
    runs.set(id, run)
    run.names.push(name)
  }
  return runs.values()
}

function stateOf({ place: at, pid, start }: Run): 'alive' | 'ended' | 'unknown' {
  if (at !== place()) return 'unknown'
  if (!isRunning(pid)) return 'ended'
  if (startOf(pid) !== start) return 'ended'
  // Without the start (macOS) the number may be another process's by now.
  return start === '0' ? 'unknown' : 'alive'
}

/** By the newest: the mark of a folder is made once, and what is written beside it later tells that the run goes on. */
function isOld(folder: TargetFolder, { names }: Run, nowMs: number): boolean {
  const oldestNs = BigInt(nowMs - oldestMs) * nsPerMs
  return names.every((name) => (folder.lookAt(Buffer.from(name, 'latin1'))?.ctimeNs ?? 0n) < oldestNs)
}

function removeAll(folder: TargetFolder, { names }: Run): void {
  for (const name of names) {
    try {
      folder.remove(Buffer.from(name, 'latin1'))
    } catch {
      // Gone meanwhile, or not ours to take away: nobody takes it for a whole file.
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it runs under another user.
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH')
  }
}

let ownPlace: string | null = null

/** A hash of all that must be equal for a process number to mean the same process: machine, boot and pid namespace. */
function place(): string {
  ownPlace ??= createHash('sha256')
    .update([hostname(), systemText(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1')), pidNamespace()].join('\n'))
    .digest('hex')
    .slice(0, 16)
  return ownPlace
}

const pidNamespace = (): string => systemText(() => readlinkSync('/proc/self/ns/pid'))

function systemText(read: () => string): string {
  try {
    return read()
  } catch {
    // No /proc (macOS): one boot and one namespace for all.
    return ''
  }
}

/** When a process began, in ticks since the machine did (proc(5), field 22): numbers of processes come again, above all in containers. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name of the program stands in parentheses and may hold anything.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '0'
  } catch {
    // No /proc (macOS): the number alone has to do.
    return '0'
  }
}
