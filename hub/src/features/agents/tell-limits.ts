import { agentCapabilities, AppError, type AgentId } from '@holdfast/shared-types'
import type { HubServices } from '../../platform/services.ts'
import { findLimits } from './agents.queries.ts'

/** Tells devices what they may use. */
export interface LimitsTeller {
  /** What is kept for the device goes out if it is linked; its answer is not waited for. Never rejects. */
  tell(agentId: AgentId): Promise<void>
  /** @throws AppError `agent.outdated` when the linked agent does not know limits; one that is away may be newer when it is back */
  requireHeeded(agentId: AgentId): void
}

/** A database or link that is away for a moment should not leave a device without its limit until it links again. */
const againMs = 15_000

type TellerDeps = Pick<HubServices, 'database' | 'agentLinks' | 'log'>

export function createLimitsTeller({ database, agentLinks, log }: TellerDeps): LimitsTeller {
  /** One after the other for each device, from reading to sending: what was read first must not arrive last. */
  const turns = new Map<AgentId, Promise<void>>()

  const tellNow = async (agentId: AgentId): Promise<void> => {
    if (!agentLinks.isOnline(agentId)) return
    const failed = (error: unknown): void => {
      log.warn({ event: 'agent.limits-not-told', agentId, err: error }, 'A device could not be told its limits')
      // An older agent learns nothing by being told again; it is asked anew when it links as a newer one.
      if (!(error instanceof AppError && error.code === 'agent.outdated')) setTimeout(() => void tell(agentId), againMs).unref()
    }
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

  function tell(agentId: AgentId): Promise<void> {
    const turn = (turns.get(agentId) ?? Promise.resolve()).then(() => tellNow(agentId))
    turns.set(agentId, turn)
    return turn.then(() => {
      if (turns.get(agentId) === turn) turns.delete(agentId)
    })
  }

  return {
    tell,
    requireHeeded(agentId) {
      if (agentLinks.isOnline(agentId)) agentLinks.requireCapability(agentId, agentCapabilities.setLimits)
    },
  }
}
