import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RunOrder } from '@holdfast/shared-types'
import { findFreePort } from '../../stack/free-port.ts'
import { makeScratchFolder } from '../../stack/scratch-folder.ts'
import type { SeededRandom } from '../../stack/seeded-random.ts'
import { startStack, type Stack } from '../../stack/start-stack.ts'
import { LinkProxy } from '../link/link-proxy.ts'
import { HubDoor } from '../../stack/hub-door.ts'
import { makeMovableClock, type MovableClock } from './moved-clocks.ts'
import { faultNames, type FaultName } from './plan-round.ts'
import { makeSmallDisk, type SmallDisk } from './small-disk.ts'

/** The agent tries again at least this often, so that the weather and not the pause decides when there is a link. */
const longestReconnectMs = 500

/** A whole stack with everything that can be broken about it. */
export interface Rig {
  readonly stack: Stack
  readonly proxy: LinkProxy
  readonly door: HubDoor
  readonly disk: SmallDisk
  readonly clocks: { readonly hub: MovableClock; readonly agent: MovableClock }
  readonly hubDataFolder: string
  readonly leaseMs: number
  readonly agentId: string
  readonly source: string
  /** What can happen on this machine. */
  readonly possible: readonly FaultName[]
  /** Everything that each process of the agent has said, oldest first. */
  readonly agentOutputs: () => readonly string[]
  readonly launchAgent: () => void
  readonly changeSource: () => void
  readonly backupOrder: () => RunOrder
  stop(): Promise<void>
}

export async function startRig(random: SeededRandom, leaseMs: number): Promise<Rig> {
  const disk = makeSmallDisk()
  const clockFolder = makeScratchFolder()
  const clocks = { hub: makeMovableClock(clockFolder.path, 'hub'), agent: makeMovableClock(clockFolder.path, 'agent') }
  const port = await findFreePort()
  const proxy = await LinkProxy.start(port, random)
  const removeAll = async (): Promise<void> => {
    await proxy.stop()
    disk.remove()
    clockFolder.remove()
  }
  try {
    const stack = await startStack({
      leaseMs,
      port,
      agentOrigin: proxy.origin,
      agentHome: disk.path,
      hubEnv: clocks.hub.env,
      agentEnv: { ...clocks.agent.env, HOLDFAST_RECONNECT_MS: String(longestReconnectMs) },
    })
    return await assemble({ stack, proxy, disk, random, removeAll, clocks, leaseMs })
  } catch (error) {
    await removeAll()
    throw error
  }
}

type Parts = Pick<Rig, 'stack' | 'proxy' | 'disk' | 'clocks' | 'leaseMs'> & {
  readonly random: SeededRandom
  readonly removeAll: () => Promise<void>
}

async function assemble({ random, removeAll, ...parts }: Parts): Promise<Rig> {
  const { stack, disk } = parts
  const door = await HubDoor.signIn(stack.origin, stack.signInLink)
  const { id: agentId } = await door.device()
  const source = join(stack.folder, 'source')
  const agents = [stack.agent()]
  return {
    ...parts,
    door,
    agentId,
    source,
    hubDataFolder: join(stack.folder, 'data'),
    possible: faultNames.filter((name) => name !== 'full disk' || disk.isOwn),
    agentOutputs: () => agents.map((agent) => agent.output()),
    launchAgent() {
      stack.launchAgent()
      agents.push(stack.agent())
    },
    changeSource: () => changeSource(source, random),
    backupOrder: () => ({ kind: 'backup', sources: [{ path: source }], full: false }),
    async stop() {
      try {
        await stack.stop()
      } finally {
        await removeAll()
      }
    },
  }
}

/** Some new files of all sizes, a few megabytes in all: enough packs that a fault finds one on its way. */
function changeSource(source: string, random: SeededRandom): void {
  for (let folder = 0; folder < 4; folder += 1) {
    const path = join(source, `folder ${folder}`)
    mkdirSync(path, { recursive: true })
    for (let file = 0; file < 12; file += 1) {
      if (random.next() < 0.4) writeFileSync(join(path, `file ${file}`), random.bytes(random.below(20_000)))
    }
  }
  for (let file = 0; file < 3; file += 1) {
    if (random.next() < 0.5) writeFileSync(join(source, `large ${file}`), random.bytes(500_000 + random.below(1_500_000)))
  }
}
