import { agentCapabilities, type AgentId } from '@holdfast/shared-types'
import type { HubServices } from '../../platform/services.ts'
import { findLimits } from './agents.queries.ts'

/** Tells devices what they may use. */
export interface LimitsTeller {
  /** What is kept for the device goes out if it is linked; its answer is not waited for. Never rejects. */
  tell(agentId: AgentId): Promise<void>
  /** @throws AppError `agent.outdated` when the linked agent does not know limits; one that is away may be newer when it is back */
  requireHeeded(agentId: AgentId): void
}

type TellerDeps = Pick<HubServices, 'database' | 'agentLinks' | 'log'>

export function createLimitsTeller({ database, agentLinks, log }: TellerDeps): LimitsTeller {
  /** One after the other for each device, from reading to sending: what was read first must not arrive last. */
  const turns = new Map<AgentId, Promise<void>>()

  const tellNow = async (agentId: AgentId): Promise<void> => {
    if (!agentLinks.isOnline(agentId)) return
    const failed = (error: unknown): void =>
      log.warn(
        { event: 'agent.limits-not-told', agentId, err: error },
        'A device could not be told its limits; it is told when it links again',
      )
    try {
      const limits = await findLimits(database.em(), agentId)
      if (limits === null || !agentLinks.isOnline(agentId)) return
      // An older agent sends as it always did: worth a word only where somebody has set a limit.
      if (limits.uploadBytesPerSecond !== null) agentLinks.requireCapability(agentId, agentCapabilities.setLimits)
      if (agentLinks.isCapable(agentId, agentCapabilities.setLimits))
        void agentLinks.send(agentId, 'device.set-limits', limits).catch(failed)
    } catch (error) {
      failed(error)
    }
  }

  return {
    tell(agentId) {
      const turn = (turns.get(agentId) ?? Promise.resolve()).then(() => tellNow(agentId))
      turns.set(agentId, turn)
      return turn.then(() => {
        if (turns.get(agentId) === turn) turns.delete(agentId)
      })
    },
    requireHeeded(agentId) {
      if (agentLinks.isOnline(agentId)) agentLinks.requireCapability(agentId, agentCapabilities.setLimits)
    },
  }
}
