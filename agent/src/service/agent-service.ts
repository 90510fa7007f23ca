import { join } from 'node:path'
import { AppError, type RunId } from '@holdfast/shared-types'
import type { Logger } from 'pino'
import { agentCommands } from '../commands/agent-commands.ts'
import type { AgentConfig } from '../config/agent-config.ts'
import { createTokenIssuer } from '../hub-connection/agent-token.ts'
import { createHubClient, type HubClient } from '../hub-connection/hub-client.ts'
import { LiveHubLink, type HubLink, type HubLinkOptions, type LinkState } from '../hub-connection/hub-link.ts'
import { Outbox } from '../hub-connection/outbox.ts'
import { signBytes } from '../identity/agent-keys.ts'
import { agentVersion } from '../identity/agent-version.ts'
import { hostFacts } from '../identity/host-facts.ts'
import type { EnrolledAgent } from '../identity/identity.ts'
import { RunDesk } from '../runs/run-desk.ts'
import { RunInHand } from '../runs/run-in-hand.ts'
import { makeAgentFolders, type AgentFolders } from '../state/agent-folders.ts'
import { takeLock, type LockPurpose, type ProcessLock } from '../state/process-lock.ts'
import { removeRunningAgent, writeRunningAgent } from '../state/running-agent.ts'
import { makeRunOrder } from './make-run-order.ts'
import { settleMemory } from './settle-memory.ts'

export interface AgentService {
  readonly link: HubLink
  readonly client: HubClient
  readonly desk: RunDesk
  /** Stops what runs, tells the hub what it still can, and gives the lock back. Takes some 8 s at most. */
  close(): Promise<void>
}

export interface ServiceOptions {
  readonly config: AgentConfig
  readonly folders: AgentFolders
  readonly agent: EnrolledAgent
  readonly purpose: LockPurpose
  readonly log: Logger
  /** See `RunDesk`. */
  readonly onlyRun?: Promise<RunId>
  /** Shorter in tests. */
  readonly delays?: HubLinkOptions['delays']
}

/** How long a stopping agent goes on telling the hub what it owes it; the rest is told at the next start. */
const farewellMs = 3_000

/** Takes the lock, or says who has it. @throws AppError `agent.busy` */
export async function startAgentService(options: ServiceOptions): Promise<AgentService> {
  makeAgentFolders(options.folders)
  const attempt = await takeLock(options.folders.lockFile, options.purpose)
  if (!attempt.taken) throw busy(attempt.holder?.pid ?? null)
  try {
    return await startLocked(options, attempt.lock)
  } catch (error) {
    attempt.lock.release()
    throw error
  }
}

export const busy = (pid: number | null): AppError =>
  new AppError('agent.busy', { message: `Another Holdfast process${pid === null ? '' : ` (pid ${pid})`} works with this agent\u2019s state.`, context: { pid } })

async function startLocked({ config, folders, agent, log, onlyRun, delays }: ServiceOptions, lock: ProcessLock): Promise<AgentService> {
  const { identity, keys } = agent
  const outbox = await Outbox.open(join(folders.outboxFolder, 'reports.jsonl'), log)
  const issuer = createTokenIssuer({ agentId: identity.agentId, hubId: identity.hubId, signKey: keys.signKey })
  const client = createHubClient({ hubUrl: identity.hubUrl, issuer })
  const facts = publishedFacts(folders)
  const quiet = whenQuiet(() => { if (desk.isIdle) settleMemory() })
  const desk: RunDesk = new RunDesk({
    outbox, onlyRun,
    begin: (offer) => {
      log.info({ event: 'run.accepted', runId: offer.runId, kind: offer.request.kind }, 'Run accepted')
      const run = new RunInHand({ link, client, outbox, log, leaseMs: offer.leaseMs, order: makeRunOrder(offer, { config, folders, agent }) })
      void run.ended.then(() => quiet.soon())
      return run
    },
  })
  const link: LiveHubLink = new LiveHubLink({
    hubUrl: identity.hubUrl, hubId: identity.hubId, agentId: identity.agentId, version: agentVersion, capabilities: ['backup', 'restore', 'verify'],
    hostFacts, sign: (message) => signBytes(keys, message), runsInHand: () => desk.facts, commands: agentCommands(desk),
    ...(delays === undefined ? {} : { delays }),
    onAccepted: (answer) => {
      issuer.correctClock(answer.timeMs)
      void desk.drop(answer.dropRuns)
    },
    onState: (state) => {
      logState(log, state)
      facts.publish(state)
      if (state.state === 'connected') outbox.flush()
      quiet.soon()
    },
  })
  outbox.attach(link)
  link.start()
  return {
    link, client, desk,
    async close() {
      quiet.stop()
      await desk.close('stopping')
      if (link.state.state === 'connected') await outbox.drained(farewellMs)
      await link.close()
      await client.close()
      await outbox.close()
      await facts.withdraw()
      lock.release()
    },
  }
}

/** After the last of several moments that leave memory behind. */
const quietAfterMs = 5_000

function whenQuiet(act: () => void): { soon(): void; stop(): void } {
  let timer: NodeJS.Timeout | undefined
  const stop = (): void => clearTimeout(timer)
  return {
    stop,
    soon() {
      stop()
      timer = setTimeout(act, quietAfterMs).unref()
    },
  }
}

function logState(log: Logger, { state, problem }: LinkState): void {
  const fields = { event: `link.${state}`, state, code: problem?.code ?? null, problem: problem?.message ?? null, cure: problem?.cure ?? null }
  if (state === 'connected') log.info(fields, 'Connected to the hub')
  else if (state === 'refused') log.warn(fields, 'The hub refused this device')
  else if (state === 'waiting') log.warn(fields, 'No link to the hub')
  else log.debug(fields, 'Link changed')
}

/** Keeps agent.json true, one write after the other. */
function publishedFacts(folders: AgentFolders): { publish(state: LinkState): void; withdraw(): Promise<void> } {
  const startedAtMs = Date.now()
  let writing = Promise.resolve()
  const publish = ({ state, problem }: LinkState): void => {
    const facts = { pid: process.pid, version: agentVersion, startedAtMs, link: state, problem }
    // `status` is all that reads it: a full disk must not end the agent.
    writing = writing.then(() => writeRunningAgent(folders, facts)).catch(() => undefined)
  }
  publish({ state: 'connecting', problem: null })
  return {
    publish,
    async withdraw() {
      await writing
      removeRunningAgent(folders)
    },
  }
}
