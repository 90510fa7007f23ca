import type { RunId } from '@holdfast/shared-types'
import { createTokenIssuer } from '../hub-connection/agent-token.ts'
import { discretionOf } from '../discretion/discretion.ts'
import { createHubClient, type HubClient } from '../hub-connection/hub-client.ts'
import { linkProblem } from '../hub-connection/hub-link.ts'
import { loadEnrolledAgent, type EnrolledAgent } from '../identity/identity.ts'
import { createAgentLog } from '../logging/agent-log.ts'
import type { AgentService } from '../service/agent-service.ts'
import { findRunningAgent } from '../state/running-agent.ts'
import type { CommandContext } from './command-context.ts'
import { endHanging } from './end-hard.ts'

export interface HubAccess {
  readonly agent: EnrolledAgent
  readonly client: HubClient
}

export interface WorkingAgent extends HubAccess {
  /** The run to carry out: known once the hub was asked for it, and its offer waits until then. */
  carryOut(runId: RunId): void
}

/** Questions to the hub as this device, over HTTP alone: the held link belongs to the agent. */
export async function withHub<T>(context: CommandContext, work: (access: HubAccess) => Promise<T>): Promise<T> {
  const agent = await loadEnrolledAgent(context.folders)
  const issuer = createTokenIssuer({ agentId: agent.identity.agentId, hubId: agent.identity.hubId, signKey: agent.keys.signKey })
  const client = createHubClient({
    hubUrl: agent.identity.hubUrl,
    authority: agent.identity.authority,
    issuer,
    discretion: discretionOf(agent.trust),
  })
  try {
    return await work({ agent, client })
  } finally {
    await client.close()
  }
}

/** How long a command waits for the first link; a hub that is being restarted is back by then. */
const linkPatienceMs = 10_000

/**
 * The same with an agent that carries out what the hub offers: the one that runs already, else this process, which then is the
 * agent, under its lock, until the work is done.
 *
 * @throws AppError `agent.busy` while another command is the agent.
 */
export async function withWorkingAgent<T>(context: CommandContext, work: (access: WorkingAgent) => Promise<T>): Promise<T> {
  const running = await findRunningAgent(context.folders)
  if (running?.holder.purpose === 'service') return withHub(context, (access) => work({ ...access, carryOut: () => undefined }))
  const agent = await loadEnrolledAgent(context.folders)
  // Loaded only here: most commands never become an agent.
  const { busy, startAgentService } = await import('../service/agent-service.ts')
  if (running !== null) throw busy(running.holder.pid)
  const log = createAgentLog({
    level: context.config.logLevel === 'debug' ? 'debug' : 'silent',
    isPretty: context.terminal.isLive,
    write: (text) => context.terminal.err(text),
  })
  const own = Promise.withResolvers<RunId>()
  const service = await startAgentService({
    config: context.config,
    folders: context.folders,
    agent,
    purpose: 'command',
    log,
    onlyRun: own.promise,
  })
  try {
    await linked(service)
    return await work({ agent, client: service.client, carryOut: own.resolve })
  } finally {
    await service.close()
    // What there is to say is said after this.
    endHanging(service, 1_000)
  }
}

async function linked({ link }: AgentService): Promise<void> {
  const patience = new AbortController()
  const timer = setTimeout(() => patience.abort(), linkPatienceMs)
  try {
    await link.whenConnected(patience.signal)
  } catch {
    // What kept it from connecting is what the person has to know, not that time ran out.
    throw linkProblem(link.state)
  } finally {
    clearTimeout(timer)
  }
}
