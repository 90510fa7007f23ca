import {
  AppError,
  type AckOf,
  type AgentCapability,
  type AgentId,
  type BodyOf,
  type hubCommands,
  type HubCommandType,
  type LinkEnded,
} from '@holdfast/shared-types'
import { agentOffline, linkEndedBy, type AgentLink } from './agent-link.ts'

/** The live links of this hub: one per agent. */
export interface AgentLinks {
  /** Commands can be sent. */
  isOnline(agentId: AgentId): boolean
  /** A proven link is there, perhaps with its hello still being settled. */
  hasLink(agentId: AgentId): boolean
  /**
   * Sends a command over the agent's link; resolves with its acknowledgement.
   *
   * @throws AppError `agent.offline`, or what the agent refused it with
   */
  send<T extends HubCommandType>(
    agentId: AgentId,
    type: T,
    body: BodyOf<typeof hubCommands, T>,
    options?: { readonly deadlineMs?: number },
  ): Promise<AckOf<typeof hubCommands, T>>
  /** The agent is linked and says that it can do this. */
  isCapable(agentId: AgentId, capability: AgentCapability): boolean
  /**
   * The same, or why not.
   *
   * @throws AppError `agent.offline`, `agent.outdated`
   */
  requireCapability(agentId: AgentId, capability: AgentCapability): void
  /** Ends the agent's link, if there is one, and says why. */
  end(agentId: AgentId, reason: LinkEnded): void
}

/** The side that makes and ends links. */
export interface AgentLinkRegistry extends AgentLinks {
  /** Makes this the agent's one link; an older one is told that it was replaced, and ended. */
  add(link: AgentLink): void
  /** @returns true when this was the agent's link, false when a newer one had replaced it */
  remove(link: AgentLink): boolean
  isCurrent(link: AgentLink): boolean
  readonly count: number
}

/** A busy agent answers commands between two files; 15 s of silence with a live link is a hung one. */
const defaultDeadlineMs = 15_000

export function createAgentLinks(): AgentLinkRegistry {
  const links = new Map<AgentId, AgentLink>()
  const isCapable = (agentId: AgentId, capability: AgentCapability): boolean => {
    const link = links.get(agentId)
    return link?.isReady === true && link.capabilities.has(capability)
  }
  return {
    isOnline: (agentId) => links.get(agentId)?.isReady === true,
    hasLink: (agentId) => links.has(agentId),
    isCurrent: (link) => links.get(link.agentId) === link,
    async send(agentId, type, body, options = {}) {
      const link = links.get(agentId)
      if (link === undefined) throw agentOffline('not-linked')
      return link.send(type, body, options.deadlineMs ?? defaultDeadlineMs)
    },
    isCapable,
    requireCapability(agentId, capability) {
      if (links.get(agentId)?.isReady !== true) throw agentOffline('not-linked')
      if (!isCapable(agentId, capability))
        throw new AppError('agent.outdated', {
          message: 'The agent of this device is too old for this.',
          cure: 'Update Holdfast on the device to the version of the hub.',
        })
    },
    end: (agentId, reason) => links.get(agentId)?.end(reason),
    add(link) {
      const older = links.get(link.agentId)
      links.set(link.agentId, link)
      older?.end(linkEndedBy('agent.replaced'))
    },
    remove(link) {
      if (links.get(link.agentId) !== link) return false
      links.delete(link.agentId)
      return true
    },
    get count() {
      return links.size
    },
  }
}
