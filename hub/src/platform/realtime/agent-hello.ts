import { verify } from 'node:crypto'
import {
  AgentHello,
  AppError,
  helloSigningBytes,
  oldestProtocolVersion,
  protocolVersion,
  type HelloAnswer,
  type HubChallenge,
} from '@holdfast/shared-types'
import { ed25519PublicKey } from '../http/ed25519-public-key.ts'
import type { AgentIdentity, IdentitySource } from '../http/resolve-actor.ts'

export const supportedProtocols = { oldest: oldestProtocolVersion, newest: protocolVersion }

export interface ProvenHello {
  readonly hello: AgentHello
  readonly identity: AgentIdentity
}

/**
 * Checks a hello against the challenge of this very link.
 *
 * @throws AppError `protocol.invalid-message`, `protocol.unsupported`, `agent.identity-invalid`, `agent.revoked`
 */
export async function proveHello(raw: unknown, challenge: HubChallenge, source: IdentitySource): Promise<ProvenHello> {
  const parsed = AgentHello.safeParse(raw)
  if (!parsed.success) throw new AppError('protocol.invalid-message', { message: 'The hello does not match the protocol.' })
  const hello = parsed.data
  if (hello.protocol < supportedProtocols.oldest || hello.protocol > supportedProtocols.newest) {
    throw new AppError('protocol.unsupported', {
      message: `The agent speaks protocol ${hello.protocol}; this hub speaks ${supportedProtocols.oldest} to ${supportedProtocols.newest}.`,
      cure: hello.protocol > supportedProtocols.newest ? 'Update the hub.' : 'Update the agent.',
    })
  }
  const identity = await source.findAgentIdentity(hello.agentId)
  // An unknown agent and a wrong signature look the same from outside.
  if (identity === null || !isSignedBy(identity.signPublicKey, hello, challenge)) throw new AppError('agent.identity-invalid')
  if (identity.isRevoked) throw new AppError('agent.revoked')
  return { hello, identity }
}

const isSignedBy = (publicKey: Uint8Array, hello: AgentHello, challenge: HubChallenge): boolean =>
  verify(
    null,
    helloSigningBytes(challenge, hello.agentId, hello.protocol),
    ed25519PublicKey(publicKey),
    Buffer.from(hello.signature, 'base64url'),
  )

export const refusedHello = (error: AppError): HelloAnswer => ({
  accepted: false,
  code: error.code,
  message: error.message,
  cure: error.cure,
  protocol: supportedProtocols,
})
