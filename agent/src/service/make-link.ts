import { agentCapabilities, type DeviceLimits } from '@holdfast/shared-types'
import type { Logger } from 'pino'
import { agentCommands } from '../commands/agent-commands.ts'
import type { AgentConfig } from '../config/agent-config.ts'
import type { Discretion } from '../discretion/discretion.ts'
import type { HostDoor } from '../host/host-commands.ts'
import { isRevoked, LiveHubLink, type HubLinkOptions, type LinkState } from '../hub-connection/hub-link.ts'
import { delaysWithin, openTimeoutWithin } from '../hub-connection/reconnect-delay.ts'
import { signBytes } from '../identity/agent-keys.ts'
import { agentVersion } from '../identity/agent-version.ts'
import { hostFacts } from '../identity/host-facts.ts'
import type { EnrolledAgent } from '../identity/identity.ts'
import type { RunDesk } from '../runs/run-desk.ts'

interface LinkOwner {
  readonly config: Pick<AgentConfig, 'longestReconnectMs'>
  readonly agent: EnrolledAgent
  readonly delays?: HubLinkOptions['delays']
}

type LinkParts = Pick<HubLinkOptions, 'onAccepted'> &
  Required<Pick<HubLinkOptions, 'onState'>> & {
    readonly desk: RunDesk
    readonly host: HostDoor
    readonly discretion: Discretion
    readonly setLimits: (limits: DeviceLimits) => void
  }

/** The link of an agent, which is not dialled yet. */
export function makeLink(
  { agent, config, delays = delaysWithin(config.longestReconnectMs) }: LinkOwner,
  { desk, host, discretion, setLimits, onAccepted, onState }: LinkParts,
): LiveHubLink {
  const { identity, keys } = agent
  return new LiveHubLink({
    hubUrl: identity.hubUrl,
    authority: identity.authority,
    hubId: identity.hubId,
    agentId: identity.agentId,
    version: agentVersion,
    capabilities: ['backup', 'restore', 'verify', 'run.pause', ...Object.values(agentCapabilities)],
    hostFacts,
    sign: (message) => signBytes(keys, message),
    runsInHand: () => desk.facts,
    commands: agentCommands(desk, host, setLimits),
    discretion,
    onAccepted,
    onState,
    delays,
    openTimeoutMs: openTimeoutWithin(config.longestReconnectMs),
  })
}

/** What becomes of the link, for people who read the agent's log. */
export function logLinkState(log: Logger, link: LinkState): void {
  const { state, problem } = link
  const fields = {
    event: `link.${state}`,
    state,
    code: problem?.code ?? null,
    problem: problem?.message ?? null,
    cure: problem?.cure ?? null,
  }
  if (state === 'connected') log.info(fields, 'Connected to the hub')
  else if (isRevoked(link)) log.error(fields, 'This device was removed from the hub; the agent does not dial any more')
  else if (state === 'refused') log.warn(fields, 'The hub refused this device')
  else if (state === 'waiting') log.warn(fields, 'No link to the hub')
  else log.debug(fields, 'Link changed')
}
