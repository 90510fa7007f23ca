import { readdirSync, readFileSync } from 'node:fs'

/** Clock ticks of /proc: 100 a second on every Linux that Node runs on (USER_HZ is part of the kernel's interface). */
const ticksPerSecond = 100

export interface ProcessFigures {
  readonly parent: number
  /** Of the process itself. */
  readonly ownCpuSeconds: number
  /** Of children that have ended and were waited for. */
  readonly endedChildrenCpuSeconds: number
}

/** Null when it has ended. */
export function readProcess(pid: number): ProcessFigures | null {
  const stat = readOrNull(`/proc/${pid}/stat`)
  if (stat === null) return null
  // The name in brackets may hold anything; what follows it is numbers (proc(5)).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const field = (number: number): number => Number(fields[number - 3])
  return {
    parent: field(4),
    ownCpuSeconds: (field(14) + field(15)) / ticksPerSecond,
    endedChildrenCpuSeconds: (field(16) + field(17)) / ticksPerSecond,
  }
}

/** A process and all below it. */
export function treeOf(root: number): number[] {
  const children = Map.groupBy(allProcesses(), ({ parent }) => parent)
  const tree = [root]
  for (const pid of tree) tree.push(...(children.get(pid) ?? []).map((child) => child.pid))
  return tree
}

function allProcesses(): { readonly pid: number; readonly parent: number }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const figures = readProcess(Number(name))
      return figures === null ? [] : [{ pid: Number(name), parent: figures.parent }]
    })
}

/** CPU of these processes so far, with what children of theirs used that have ended since. */
export const cpuSecondsOf = (pids: readonly number[]): number =>
  pids.map(readProcess).reduce((sum, figures) => sum + (figures === null ? 0 : figures.ownCpuSeconds + figures.endedChildrenCpuSeconds), 0)

/**
 * Resident memory of processes that work together: what each has for itself is summed, what they may share (program text, shared
 * memory) counts once, by whoever has most of it. For one process this is its RSS.
 */
export function residentBytesOf(pids: readonly number[]): number {
  const all = pids.map(memoryOf)
  const sum = all.reduce((total, { ownBytes }) => total + ownBytes, 0)
  return sum + Math.max(0, ...all.map(({ fileBytes }) => fileBytes)) + Math.max(0, ...all.map(({ sharedBytes }) => sharedBytes))
}

function memoryOf(pid: number): { readonly ownBytes: number; readonly fileBytes: number; readonly sharedBytes: number } {
  const status = readOrNull(`/proc/${pid}/status`) ?? ''
  const bytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0) * 1024
  return { ownBytes: bytes('RssAnon'), fileBytes: bytes('RssFile'), sharedBytes: bytes('RssShmem') }
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    // It has ended.
    return null
  }
}
