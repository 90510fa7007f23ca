import { z } from 'zod'
import { WireError } from '../errors/problem.ts'
import { TimeMs } from '../primitives/wire-path.ts'

/** Version of the messages below; the hub also speaks `protocolVersion - 1` once that exists. */
export const protocolVersion = 1
export const oldestProtocolVersion = 1

/** Socket.IO namespace and the four event names on it: everything else is inside the envelope. */
export const agentNamespace = '/agent'
/** Hub → agent, first on a new link; body `HubChallenge`. */
export const challengeEvent = 'challenge'
/** Agent → hub; body `AgentHello`, acknowledged with `HelloAnswer`. */
export const helloEvent = 'hello'
/** Both ways after the hello; body an envelope, acknowledged with `AckEnvelope`. */
export const messageEvent = 'message'
/** Hub → agent, last on a link that the hub ends (replaced, revoked, no hello); body `LinkEnded`, not acknowledged. */
export const linkEndedEvent = 'link-ended'

/** Every message after the hello. `id` makes delivery idempotent: a repeated id is acknowledged again, not done again. */
export const envelopeOf = <T extends string, B extends z.ZodType>(type: T, body: B) =>
  z.object({ v: z.literal(1), id: z.uuid(), type: z.literal(type), sentAtMs: TimeMs, correlationId: z.string().max(100).optional(), body })

/** The outer shape alone: read before the type is known. */
export const AnyEnvelope = z.object({
  v: z.int(),
  id: z.uuid(),
  type: z.string().max(100),
  sentAtMs: TimeMs,
  correlationId: z.string().max(100).optional(),
  body: z.unknown(),
})
export type AnyEnvelope = z.infer<typeof AnyEnvelope>

/** The acknowledgement of every message. */
export const AckEnvelope = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), body: z.unknown() }),
  z.object({ ok: z.literal(false), error: WireError }),
])
export type AckEnvelope = z.infer<typeof AckEnvelope>

/** Bytes on the socket: Node gives Buffers, browsers ArrayBuffers. */
export const WireBytes = z.instanceof(Uint8Array)
