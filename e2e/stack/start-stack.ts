import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runCommand, runForJson, type CommandResult } from './command-line.ts'
import { findFreePort } from './free-port.ts'
import { startProgram, type Program } from './program.ts'
import { holdfastBin, hubBin } from './project.ts'
import { makeScratchFolder } from './scratch-folder.ts'

const startTimeoutMs = 120_000

/** A hub with its own Postgres and store, and an enrolled agent, each a real process on free ports and in a folder of its own. */
export interface Stack {
  readonly origin: string
  /** Folder of the test: `data/` belongs to the hub, everything else is free. */
  readonly folder: string
  /** Settings under which command lines find the stack. */
  readonly env: Readonly<Record<string, string>>
  /** One-time link of the first start. */
  readonly signInLink: string
  hub(): Program
  agent(): Program
  startHub(): Promise<void>
  startAgent(): Promise<void>
  /** Starts the agent and does not wait until it is linked: there may be nothing to link to. */
  launchAgent(): void
  /** `holdfast …` with `--json`. */
  holdfast<T>(args: readonly string[], expectedExitCode?: number): Promise<T>
  /** The same where it may fail. */
  tryHoldfast(args: readonly string[]): Promise<CommandResult>
  /** `holdfast-hub …` with `--json`. */
  holdfastHub<T>(args: readonly string[], expectedExitCode?: number): Promise<T>
  /** Stops everything and removes the folder. */
  stop(): Promise<void>
}

export interface StackOptions {
  /** How long a silent run counts as alive. */
  readonly leaseMs?: number
  /** Where the stack's folder is made; the system's place for temporary files when left out. Others must be able to pass through it. */
  readonly parentFolder?: string
  /** The hub's port; a free one when left out. */
  readonly port?: number
  /** Where the agent finds the hub, when it is not to go there straight. */
  readonly agentOrigin?: string
  /** The agent's state; in the hub's data folder when left out. */
  readonly agentHome?: string
  /** HOLDFAST_STORE of everything that is the hub's; in its data folder when left out. */
  readonly storeUrl?: string
  /** What the environment of these programs has besides. */
  readonly hubEnv?: NodeJS.ProcessEnv
  readonly agentEnv?: NodeJS.ProcessEnv
}

export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const stack = await layOutStack(options)
  try {
    await stack.startHub()
    const [, signInLink = ''] = await stack.hub().waitForLine(/^Sign in: (\S+)$/m, startTimeoutMs)
    const { token } = await stack.holdfastHub<{ token: string }>(['enrol-token', 'create'])
    await stack.holdfast(['enrol', options.agentOrigin ?? stack.origin, '--token', token, '--name', 'journey'])
    await stack.startAgent()
    return { ...stack, signInLink }
  } catch (error) {
    await stack.stop().catch(() => undefined) // the first failure is the one to see
    throw error
  }
}

/** Folder, port and settings; nothing runs yet. */
async function layOutStack(options: StackOptions): Promise<Omit<Stack, 'signInLink'>> {
  const { leaseMs, storeUrl, hubEnv, agentEnv } = options
  const scratch = makeScratchFolder(options.parentFolder)
  const data = join(scratch.path, 'data')
  const port = options.port ?? (await findFreePort())
  const origin = `http://127.0.0.1:${port}`
  const env = {
    HOLDFAST_DATA: data,
    HOLDFAST_AGENT_HOME: options.agentHome ?? join(data, 'agent'),
    HOLDFAST_PORT: String(port),
    ...(leaseMs === undefined ? {} : { HOLDFAST_LEASE_MS: String(leaseMs) }),
    ...(storeUrl === undefined ? {} : { HOLDFAST_STORE: storeUrl }),
  }
  const running: { hub?: Program; agent?: Program } = {}
  const holdfast: Stack['holdfast'] = (args, expectedExitCode) => runForJson(holdfastBin, [...args, '--json'], env, expectedExitCode)
  const launchAgent = (): Program => (running.agent = startProgram(holdfastBin, ['run', '--exit-with-parent'], { ...env, ...agentEnv }))
  return {
    origin,
    folder: scratch.path,
    env,
    hub: () => started(running.hub),
    agent: () => started(running.agent),
    async startHub() {
      running.hub = startProgram(hubBin, ['start', '--exit-with-parent'], { ...env, ...hubEnv })
      await untilReady(origin, running.hub)
    },
    async startAgent() {
      // A command that was carrying out its own run holds the agent's state; a service manager tries again, and so do we.
      while ((await waitForLink(holdfast, launchAgent())) === 'ended');
    },
    launchAgent: () => void launchAgent(),
    holdfast,
    tryHoldfast: (args) => runCommand(holdfastBin, [...args, '--json'], env),
    holdfastHub: (args, expectedExitCode) => runForJson(hubBin, [...args, '--json'], env, expectedExitCode),
    async stop() {
      try {
        await running.agent?.stop()
        await running.hub?.stop()
      } finally {
        scratch.remove()
      }
    },
  }
}

function started(program: Program | undefined): Program {
  if (program === undefined) throw new Error('This program was not started')
  return program
}

async function untilReady(origin: string, hub: Program): Promise<void> {
  for (const deadline = performance.now() + startTimeoutMs; !(await answers(`${origin}/health/ready`)); await sleep(50)) {
    if (!hub.isRunning()) throw new Error(`The hub ended before it answered:\n${hub.output()}`)
    if (performance.now() > deadline) throw new Error(`The hub did not answer in time:\n${hub.output()}`)
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok
  } catch {
    return false // not listening yet
  }
}

/** `ended`: a command that carries out its own run holds the agent's state. */
export async function waitForLink(holdfast: Stack['holdfast'], agent: Program): Promise<'linked' | 'ended'> {
  for (const deadline = performance.now() + startTimeoutMs; performance.now() < deadline; await sleep(50)) {
    if (!agent.isRunning()) {
      if (!/works with this agent/.test(agent.output())) throw new Error(`The agent ended before it was linked:\n${agent.output()}`)
      await sleep(500)
      return 'ended'
    }
    const { link, pid } = await holdfast<{ link: string; pid: number | null }>(['status'])
    if (link === 'connected' && pid === agent.pid) return 'linked'
  }
  throw new Error(`The agent was not linked in time:\n${agent.output()}`)
}
