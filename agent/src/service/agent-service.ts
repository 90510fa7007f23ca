import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { AppError, type RunId } from '@holdfast/shared-types'
import type { Logger } from 'pino'
import type { AgentConfig } from '../config/agent-config.ts'
import { discretionOf } from '../discretion/discretion.ts'
import { openHostDoor } from '../host/host-commands.ts'
import { createTokenIssuer } from '../hub-connection/agent-token.ts'
import { createHubClient, type HubClient } from '../hub-connection/hub-client.ts'
import type { HubLink, HubLinkOptions, LiveHubLink, LinkState } from '../hub-connection/hub-link.ts'
import { Outbox } from '../hub-connection/outbox.ts'
import type { EnrolledAgent } from '../identity/identity.ts'
import { RunDesk } from '../runs/run-desk.ts'
import type { RunInHand } from '../runs/run-in-hand.ts'
import { makeAgentFolders, type AgentFolders } from '../state/agent-folders.ts'
import { takeLock, type LockPurpose, type ProcessLock } from '../state/process-lock.ts'
import { LeftDrills } from './left-drills.ts'
import { LimitsInForce } from './limits-in-force.ts'
import { logLinkState, makeLink } from './make-link.ts'
import { ownPlaces, type RunOffer } from './make-run-order.ts'
import { publishFacts } from './publish-facts.ts'
import { settleMemory } from './settle-memory.ts'
import { handsFor } from './take-in-hand.ts'
import { whenQuiet } from './when-quiet.ts'

export interface AgentService {
  readonly link: HubLink
  readonly client: HubClient
  readonly desk: RunDesk
  /** Stops what runs, tells the hub what it still can, and gives the lock back. Takes some 8 s at most. `desk` not idle afterwards = a thread hangs. */
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
  new AppError('agent.busy', {
    message: `Another Holdfast process${pid === null ? '' : ` (pid ${pid})`} works with this agent\u2019s state.`,
    context: { pid },
  })

async function startLocked(options: ServiceOptions, lock: ProcessLock): Promise<AgentService> {
  const { folders, agent, log } = options
  const { identity, keys, trust } = agent
  const discretion = discretionOf(trust)
  const drills = await LeftDrills.clear(folders.home, log)
  const outbox = await Outbox.open(join(folders.outboxFolder, 'reports.jsonl'), log)
  const issuer = createTokenIssuer({ agentId: identity.agentId, hubId: identity.hubId, signKey: keys.signKey })
  const { hubUrl, authority } = identity
  const client = createHubClient({ hubUrl, authority, issuer, discretion, longestDoubtMs: options.config.longestReconnectMs })
  const limits = new LimitsInForce(client, log)
  const takeInHand = handsFor(options, limits)
  const facts = publishFacts(folders)
  let hadRuns = false
  const quiet = whenQuiet(() => {
    if (desk.isIdle) void settleMemory({ afterRun: hadRuns })
  })
  const begin = (offer: RunOffer): RunInHand => {
    const run = drills.follow(takeInHand(offer, { link, client, outbox }))
    hadRuns = true
    void run.ended.then(() => quiet.soon())
    return run
  }
  const desk: RunDesk = new RunDesk({ outbox, begin, onlyRun: options.onlyRun })
  const onAccepted = (answer: AcceptedHello): void => {
    issuer.correctClock(answer.timeMs)
    void desk.drop(answer.dropRuns)
  }
  const onState = (state: LinkState): void => {
    logLinkState(log, state)
    facts.publish(state)
    // Nobody hears what is counted: people start anew when the device is back.
    if (state.state !== 'connected') host.linkLost()
    if (state.state === 'connected') {
      // What lies between the last link and this one may have swallowed other connections too, and nobody was told.
      client.doubt()
      outbox.flush()
    }
    quiet.soon()
  }
  const host = openHostDoor({
    discretion,
    ownPlaces: ownPlaces(options.config, folders),
    tell: (body) => link.send({ v: 1, id: randomUUID(), type: 'host.measured', sentAtMs: Date.now(), body }, 10_000),
  })
  const link: LiveHubLink = makeLink(options, { desk, host, discretion, setLimits: (said) => limits.set(said), onAccepted, onState })
  outbox.attach(link)
  link.start()
  const close = async (): Promise<void> => {
    quiet.stop()
    host.close()
    await desk.close('stopping')
    if (link.state.state === 'connected') await outbox.drained(farewellMs)
    await link.close()
    await client.close()
    await outbox.close()
    await facts.withdraw()
    lock.release()
  }
  return { link, client, desk, close }
}

type AcceptedHello = Parameters<HubLinkOptions['onAccepted']>[0]
