import { execFile } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { changeTree } from './change-set.ts'
import type { MeasuredSetName, Sample, Step } from './figures.ts'
import type { CommandFigures } from './measure-command.ts'
import type { Tool, ToolRound } from './tool.ts'

export interface Contest {
  readonly set: MeasuredSetName
  readonly source: string
  /** Free to be filled, and empty again afterwards. */
  readonly workFolder: string
  readonly tools: readonly Tool[]
  readonly rounds: number
  readonly signal: AbortSignal
  readonly tell: (line: string) => void
  /** Before each tool. Files changed shortly before they are read are read again next time: none may meet fresh ones. */
  readonly settleMs: number
  /** Whether the first round's restores are compared with the source, for which rsync is needed. */
  readonly isRestoreCompared: boolean
  /** Of each tool those that it knows. */
  readonly steps: readonly Step[]
  /** Before each step, such as a `sync`. */
  readonly prepare: (signal: AbortSignal) => Promise<void>
}

/** Every tool in every round, each round beginning with another one, so that whatever drifts on the machine hits all alike. */
export async function measureRounds(contest: Contest): Promise<Sample[]> {
  const samples: Sample[] = []
  for (let round = 0; round < contest.rounds; round += 1) {
    const first = round % contest.tools.length
    for (const tool of [...contest.tools.slice(first), ...contest.tools.slice(0, first)])
      samples.push(...(await measureTool(contest, tool, round)))
  }
  return samples.toSorted((left, right) => order(contest, left) - order(contest, right))
}

const stepOrder: readonly Step[] = ['first', 'unchanged', 'changed', 'restore']
const order = ({ tools }: Contest, { step, tool, round }: Sample): number =>
  (stepOrder.indexOf(step) * 100 + tools.findIndex(({ name }) => name === tool)) * 1000 + round

async function measureTool(contest: Contest, tool: Tool, round: number): Promise<Sample[]> {
  const { set, workFolder, signal, tell, settleMs } = contest
  const folder = join(workFolder, 'contender')
  mkdirSync(folder, { mode: 0o711 })
  const samples: Sample[] = []
  try {
    await sleep(settleMs, undefined, { signal })
    const work = await tool.begin(folder, signal)
    try {
      for (const step of tool.steps.filter((known) => contest.steps.includes(known))) {
        await contest.prepare(signal)
        const figures = await carryOut(contest, work, { step, isCompared: contest.isRestoreCompared && round === 0 })
        samples.push({ set, tool: tool.name, step, round, ...figuresOf(figures), storedBytes: work.storedBytes() })
        tell(`${set}, round ${round + 1} of ${contest.rounds}: ${tool.name}, ${step}: ${figures.wallSeconds.toFixed(2)} s`)
      }
      // A store that is fast to write and cannot be read wins nothing. Once, and after all that is timed.
      if (round === 0) await work.check(signal)
    } finally {
      await work.end()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  return samples
}

function figuresOf({ wallSeconds, cpuSeconds, peakBytes, parts }: CommandFigures): Omit<CommandFigures, 'stdout'> {
  return { wallSeconds, cpuSeconds, peakBytes, parts }
}

interface Task {
  readonly step: Step
  /** Whether what comes back is compared with the source. */
  readonly isCompared: boolean
}

async function carryOut(contest: Contest, work: ToolRound, { step, isCompared }: Task): Promise<CommandFigures> {
  const { source, signal } = contest
  if (step === 'first' || step === 'unchanged') return work.backUp(source, signal)
  if (step === 'changed') {
    const undo = changeTree(source, 1)
    try {
      return await work.backUp(source, signal)
    } finally {
      undo()
    }
  }
  // The newest snapshot may be of the changed tree; a restore is compared with the tree as it is.
  if (contest.steps.includes('changed')) await work.backUp(source, signal)
  return restore(contest, work, isCompared)
}

async function restore(
  { source, workFolder, signal }: Pick<Contest, 'source' | 'workFolder' | 'signal'>,
  work: ToolRound,
  isCompared: boolean,
): Promise<CommandFigures> {
  const target = join(workFolder, 'restored')
  mkdirSync(target)
  try {
    const figures = await work.restore(source, target, signal)
    if (isCompared) await requireEqual(source, work.restoredPath(source, target), signal)
    return figures
  } finally {
    rmSync(target, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** By rsync, which is none of the contenders: contents by checksum, types, modes, owners, times to the nanosecond. */
async function requireEqual(source: string, restored: string, signal: AbortSignal): Promise<void> {
  const { stdout } = await promisify(execFile)('rsync', ['-naci', '--delete', '--modify-window=-1', `${source}/`, `${restored}/`], {
    maxBuffer: 64 * 2 ** 20,
    signal,
  })
  const lines = stdout.split('\n').filter((line) => line !== '')
  if (lines.length > 0)
    throw new Error(`What was restored differs from the source in ${lines.length} places:\n${lines.slice(0, 10).join('\n')}`)
}
