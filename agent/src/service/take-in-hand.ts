import type { Logger } from 'pino'
import type { Outbox } from '../hub-connection/outbox.ts'
import type { AgentConfig } from '../config/agent-config.ts'
import type { EnrolledAgent } from '../identity/identity.ts'
import { OwnRunLog } from '../logging/own-run-log.ts'
import type { HubDoors } from '../runs/answer-hub-call.ts'
import { RunInHand } from '../runs/run-in-hand.ts'
import type { AgentFolders } from '../state/agent-folders.ts'
import type { LockPurpose } from '../state/process-lock.ts'
import { UsedSelections } from '../state/used-selections.ts'
import type { LimitsInForce } from './limits-in-force.ts'
import { makeRunOrder, type RunOffer } from './make-run-order.ts'

interface Hands {
  readonly config: AgentConfig
  readonly folders: AgentFolders
  readonly agent: EnrolledAgent
  readonly purpose: LockPurpose
  readonly log: Logger
}

/** What begins an offered run, with all that is one for the whole device. */
export function handsFor(
  hands: Hands,
  limits: LimitsInForce,
): (offer: RunOffer, doors: HubDoors & { readonly outbox: Outbox }) => RunInHand {
  const { folders, agent, log } = hands
  const { trust } = agent
  const selections = new UsedSelections(folders)
  return (offer, doors) => {
    log.info({ event: 'run.accepted', runId: offer.runId, fence: offer.fence, kind: offer.request.kind }, 'Run accepted')
    const ownLog = new OwnRunLog(folders.runLogsFolder, offer, () => trust.isPrivate)
    return new RunInHand({
      ...doors,
      trust,
      selections,
      ownLog,
      log,
      leaseMs: offer.leaseMs,
      order: makeRunOrder(offer, { ...hands, limits }),
    })
  }
}
