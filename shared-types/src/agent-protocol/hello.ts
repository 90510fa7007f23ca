import { z } from 'zod'
import { HostFacts } from '../model/device.ts'
import { RunState } from '../model/run.ts'
import { AgentId, HubId, RunId } from '../primitives/ids.ts'
import { TimeMs } from '../primitives/wire-path.ts'

/*
 * FROZEN FOR EVER: an agent of any age and a hub of any age must understand this much of each other.
 * Fields may be added as optional; none may change or go (fixtures/agent-protocol/v1 hold it).
 */

export const HubChallenge = z.object({
  hubId: HubId,
  nonce: z.base64url().length(43),
  protocol: z.object({ oldest: z.int(), newest: z.int() }),
})
export type HubChallenge = z.infer<typeof HubChallenge>

/** A run the agent has in hand: working on it, or finished with a report not yet acknowledged. */
export const RunInHand = z.object({ runId: RunId, fence: z.int().min(1), state: RunState })
export type RunInHand = z.infer<typeof RunInHand>

export const AgentHello = z.object({
  protocol: z.int().min(1),
  version: z.string().max(40),
  capabilities: z.array(z.string().max(60)).max(100),
  agentId: AgentId,
  host: HostFacts,
  runsInHand: z.array(RunInHand).max(100),
  /** Ed25519 over `helloSigningBytes`. */
  signature: z.base64url(),
})
export type AgentHello = z.infer<typeof AgentHello>

export const HelloAnswer = z.discriminatedUnion('accepted', [
  z.object({
    accepted: z.literal(true),
    hubVersion: z.string(),
    timeMs: TimeMs,
    /** Runs the hub no longer counts on: drop them, their packs stay. */
    dropRuns: z.array(RunId),
  }),
  z.object({
    accepted: z.literal(false),
    code: z.string(),
    message: z.string(),
    cure: z.string(),
    protocol: z.object({ oldest: z.int(), newest: z.int() }),
  }),
])
export type HelloAnswer = z.infer<typeof HelloAnswer>

/** Why the hub ends a link; codes are text, so that an older agent can show a newer one's. */
export const LinkEnded = z.object({ code: z.string(), message: z.string(), cure: z.string() })
export type LinkEnded = z.infer<typeof LinkEnded>

/** What the agent signs: binds hub, agent, this very challenge and the protocol. Newlines cannot occur in any part. */
export const helloSigningBytes = (challenge: Pick<HubChallenge, 'hubId' | 'nonce'>, agentId: AgentId, protocol: number): Uint8Array =>
  new TextEncoder().encode(['holdfast-hello-1', challenge.hubId, agentId, challenge.nonce, String(protocol)].join('\n'))
