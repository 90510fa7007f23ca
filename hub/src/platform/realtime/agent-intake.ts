import { AppError, toWireError, type AckEnvelope, type AgentId } from '@holdfast/shared-types'
import type { AgentGate } from './agent-gate.ts'
import { weighMessage } from './message-weight.ts'
import type { UnreadPackets } from './unread-packets.ts'

/** Messages of one link without an answer yet; a sane agent waits for each, so this many are a fault or an attack. */
const maxUnanswered = 1000
/** The same in memory: eight of the largest messages there are. */
const maxLinkBytes = 8 * 1024 * 1024
/** Of all links together: a thousand agents that come back at once with their logs, one batch of 100 KB each. */
const maxHubBytes = 128 * 1024 * 1024
/**
 * Answers that one device has not read. It may have so many unanswered, of two packets each, and the hub asks something now and then. Of its largest questions 63 fit into `maxLinkBytes`
 * (`session.have`: 131,072 bytes), with 5.9 MiB of answers; its four runs begin with 400 KB of paths each, in base64. So a device that waits for its answers is never beyond this, however slowly it reads.
 */
const maxUnreadPackets = 4 * maxUnanswered
const maxUnreadBytes = 8 * 1024 * 1024

export interface AgentIntakeOptions {
  readonly gate: AgentGate
  /** Remembers an answer that is under way; it never rejects. */
  readonly track: (answering: Promise<void>) => void
  readonly maxHubBytes?: number
}

export interface LinkIntake {
  /** One message as it came, and where its answer goes. */
  receive(raw: unknown, acknowledge: unknown): void
}

/** The device at the other end. */
export interface IntakePeer {
  isConnected(): boolean
  unread(): UnreadPackets
  /** It sends and does not read: ends its link. */
  cut(): void
}

/** Takes the messages of all links, so many and so large that the hub's memory stays its own. */
export interface AgentIntake {
  openLink(agentId: AgentId, peer: IntakePeer): LinkIntake
}

type Acknowledge = (answer: AckEnvelope) => void
const isAcknowledge = (value: unknown): value is Acknowledge => typeof value === 'function'

/** Passes with waiting, unlike a wrong message: an agent keeps its report and tells it again. */
const overloaded = (): AckEnvelope => ({ ok: false, error: toWireError(new AppError('hub.overloaded')) })

export function createAgentIntake(options: AgentIntakeOptions): AgentIntake {
  const hubLimit = options.maxHubBytes ?? maxHubBytes
  let hubBytes = 0
  return {
    openLink(agentId, peer) {
      let unanswered = 0
      let linkBytes = 0
      return {
        receive(raw, acknowledge) {
          if (!isAcknowledge(acknowledge)) return // Nobody waits for an answer: not a message of this protocol.
          const bytes = weighMessage(raw)
          const fits = unanswered < maxUnanswered && linkBytes + bytes <= maxLinkBytes && hubBytes + bytes <= hubLimit
          if (!fits) return give(peer, acknowledge, overloaded())
          unanswered++
          linkBytes += bytes
          hubBytes += bytes
          const answering = options.gate(agentId, raw).then((ack) => {
            unanswered--
            linkBytes -= bytes
            hubBytes -= bytes
            give(peer, acknowledge, ack)
          })
          options.track(answering)
        },
      }
    },
  }
}

function give(peer: IntakePeer, acknowledge: Acknowledge, answer: AckEnvelope): void {
  // On a dead link the answer goes nowhere; the agent asks again and finds it.
  if (!peer.isConnected()) return
  const { packets, bytes } = peer.unread()
  if (packets > maxUnreadPackets || bytes > maxUnreadBytes) return peer.cut()
  acknowledge(answer)
}
