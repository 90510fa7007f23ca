import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { TargetFolder } from '../../source/index.ts'

const prefix = '.holdfast-restore-'
/** After this a name is nobody's any more, whoever has its process number now. */
const oldestMs = 24 * 60 * 60 * 1000
const nsPerMs = 1_000_000n

/**
 * Names of what is unfinished: `.holdfast-restore-<process>-<its start>-<run>-<number>`, and `…-folder` in a folder that waits for its
 * metadata. By process and start a later run knows what a killed one left behind from what another one is writing just now.
 */
export class TemporaryNames {
  readonly #prefix = `${prefix}${process.pid}-${startOf(process.pid)}-${randomBytes(4).toString('hex')}-`
  #count = 0

  next(): Buffer {
    return Buffer.from(`${this.#prefix}${this.#count++}`)
  }

  /** The mark of a folder that is not finished. */
  get folderMark(): Buffer {
    return Buffer.from(`${this.#prefix}folder`)
  }
}

/**
 * Takes away what a killed restore left in a folder.
 * @returns whether it had left the folder itself unfinished.
 */
export function removeLeftovers(folder: TargetFolder, nowMs: number): boolean {
  let isUnfinished = false
  for (const name of leftoversIn(folder, nowMs)) {
    isUnfinished ||= name.endsWith('-folder')
    try {
      folder.remove(Buffer.from(name, 'latin1'))
    } catch {
      // Gone meanwhile, or not ours to take away: nobody takes it for a whole file.
    }
  }
  return isUnfinished
}

function leftoversIn(folder: TargetFolder, nowMs: number): string[] {
  return (folder.names((name) => name.startsWith(prefix)) ?? []).filter((name) => {
    const [, pid, start] = /^\.holdfast-restore-(\d+)-(\d+)-[0-9a-f]{8}-(?:\d+|folder)$/.exec(name) ?? []
    if (pid === undefined || start === undefined) return false
    if (!isAlive(Number(pid), start)) return true
    const there = folder.lookAt(Buffer.from(name, 'latin1'))
    return there !== null && there.ctimeNs < BigInt(nowMs - oldestMs) * nsPerMs
  })
}

function isAlive(pid: number, start: string): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false
  }
  return startOf(pid) === start
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
