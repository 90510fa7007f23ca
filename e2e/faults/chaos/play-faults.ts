import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { MovableClock } from './moved-clocks.ts'
import type { FaultName, PlannedFault } from './plan-round.ts'
import type { Rig } from './rig.ts'

/** What a fault may work with beside the rig. */
export interface RoundInPlay {
  readonly rig: Rig
  readonly runId: string | null
  /** Orders the same once more. */
  readonly orderAgain: () => Promise<unknown>
}

/** Makes its fault, and resolves when it is over: what was killed is started again, what was cut is mended. */
type Fault = (play: RoundInPlay, chance: number) => Promise<void>

const brieflyMs = ({ leaseMs }: Rig): number => leaseMs / 2
const pastLeaseMs = ({ leaseMs }: Rig): number => leaseMs * 1.5
/** What was killed stays away for up to this. */
const awayMs = 1_500
const hourMs = 3_600_000

const plans: Readonly<Record<FaultName, Fault>> = {
  'kill agent': async ({ rig }, chance) => {
    await rig.stack.agent().kill()
    await sleep(chance * awayMs)
    rig.launchAgent()
  },
  'kill hub': async ({ rig }, chance) => {
    await rig.stack.hub().kill()
    await sleep(chance * awayMs)
    await startHub(rig)
  },
  'kill postgres': async ({ rig }) => {
    for (const pid of postgresProcesses(rig.hubDataFolder)) killIfThere(pid, 'SIGKILL')
  },
  'cut briefly': ({ rig }, chance) => cut(rig, chance, brieflyMs(rig)),
  'cut past the lease': ({ rig }, chance) => cut(rig, chance, pastLeaseMs(rig)),
  'half-open briefly': ({ rig }) => goSilent(rig, brieflyMs(rig)),
  'half-open past the lease': ({ rig }) => goSilent(rig, pastLeaseMs(rig)),
  delay: async ({ rig: { proxy, leaseMs } }, chance) => {
    proxy.weather.delayMs = 20 + chance * 200
    await sleep(leaseMs)
    proxy.weather.delayMs = 0
  },
  double: async ({ rig: { proxy, leaseMs } }) => {
    proxy.weather.isDoubling = true
    await sleep(leaseMs * 1.5)
    proxy.weather.isDoubling = false
  },
  shuffle: async ({ rig: { proxy, leaseMs } }) => {
    proxy.weather.isShuffling = true
    await sleep(leaseMs * 1.5)
    proxy.weather.isShuffling = false
  },
  'agent clock': ({ rig }, chance) => moveClock(rig.clocks.agent, chance, rig.leaseMs),
  'hub clock': ({ rig }, chance) => moveClock(rig.clocks.hub, chance, rig.leaseMs),
  'agent sleeps': async ({ rig }, chance) => {
    const { pid } = rig.stack.agent()
    killIfThere(pid, 'SIGSTOP')
    await sleep(rig.leaseMs * (1 + chance))
    killIfThere(pid, 'SIGCONT')
  },
  'full disk': async ({ rig }, chance) => {
    rig.disk.fill()
    await sleep(500 + chance * rig.leaseMs)
    rig.disk.empty()
  },
  cancel: async ({ rig, runId }) => {
    if (runId !== null) await rig.door.tryCancel(runId)
  },
  'second order': async ({ orderAgain }) => void (await orderAgain()),
}

/** Plays all faults of a round, overlapping as they were planned; resolves when the last one is over. */
export async function playFaults(play: RoundInPlay, faults: readonly PlannedFault[]): Promise<void> {
  await Promise.all(
    faults.map(async ({ name, atMs, chance }) => {
      await sleep(atMs)
      await plans[name](play, chance)
    }),
  )
}

/** A hub whose database is killed while it starts gives up; whoever looks after it starts it again. */
export async function startHub({ stack }: Rig): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await stack.startHub()
    } catch (error) {
      if (tries === 3) throw error
    }
  }
}

async function cut({ proxy }: Rig, chance: number, forMs: number): Promise<void> {
  proxy.cut(chance < 0.5 ? 'reset' : 'finish')
  await sleep(forMs)
  proxy.weather.isCut = false
}

async function goSilent({ proxy }: Rig, forMs: number): Promise<void> {
  proxy.silence()
  await sleep(forMs)
  proxy.weather.isSilent = false
}

/** An hour forth or back, and then right again: two jumps. */
async function moveClock(clock: MovableClock, chance: number, leaseMs: number): Promise<void> {
  clock.moveBy(chance < 0.5 ? -hourMs : hourMs)
  await sleep(leaseMs * 1.5)
  clock.moveBy(0)
}

function killIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It is gone: another fault of the same round was faster.
  }
}

/** The embedded server's first process and all its children; none while it is not up. */
function postgresProcesses(hubDataFolder: string): number[] {
  const first = readNumber(join(hubDataFolder, 'postgres/18/data/postmaster.pid'))
  if (first === null) return []
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => parentOf(name) === first)
  return [first, ...children.map(Number)]
}

function readNumber(path: string): number | null {
  try {
    return Number(readFileSync(path, 'utf8').split('\n')[0])
  } catch {
    return null // There is none at this moment.
  }
}

function parentOf(pid: string): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return null // It ended while we looked.
  }
}
