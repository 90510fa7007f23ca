import { randomBytes } from 'node:crypto'
import { isRunning, placeHash, startOf } from '../../run-control/index.ts'
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
  readonly #prefix = `${prefix}${placeHash()}-${process.pid}-${startOf(process.pid)}-${randomBytes(4).toString('hex')}-`
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
    const [, id, place, pid, start] = namePattern.exec(name) ?? []
    if (id === undefined || place === undefined || pid === undefined || start === undefined) continue
    const run = runs.get(id) ?? { id, place, pid: Number(pid), start, names: [] }
    runs.set(id, run)
    run.names.push(name)
  }
  return runs.values()
}

function stateOf({ place, pid, start }: Run): 'alive' | 'ended' | 'unknown' {
  if (place !== placeHash()) return 'unknown'
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
