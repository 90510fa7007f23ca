import { concatBytes, fromBase64Url } from '../bytes/index.ts'
import { EngineError } from '../errors/index.ts'
import { decodeAgentFile, type AgentFile } from '../format/index.ts'
import type { Primitives } from '../reader/index.ts'

const boxKeyContext = new TextEncoder().encode('holdfast-agent-key-1')
const keyBytes = 32

type Verifying = Pick<Primitives, 'verifyEd25519'>

/** What an agent signs with its Ed25519 key to vouch for its X25519 key. */
export const boxKeySigningBytes = (boxPublicKey: Uint8Array): Uint8Array => concatBytes([boxKeyContext, boxPublicKey])

/** @throws EngineError `vault.invalid` */
export async function requireOwnBoxKey(primitives: Verifying, agent: AgentFile): Promise<void> {
  const signKey = rawAgentKey(agent.signPublicKey)
  const signed = boxKeySigningBytes(rawAgentKey(agent.boxPublicKey))
  if (!(await primitives.verifyEd25519(signKey, fromBase64Url(agent.boxSignature), signed)))
    throw new EngineError('vault.invalid', 'An agent\u2019s encryption key is not signed by its own signing key.')
}

/**
 * An agent object whose MAC its reader cannot check, having no master key (docs/threat-model.md says what that leaves open). What can be
 * checked is: that it is whole, of this agent and domain, and that its two keys belong together.
 *
 * @throws EngineError `vault.invalid`, `format.unsupported-version`
 */
export async function readAgentObject(
  primitives: Verifying,
  bytes: Uint8Array,
  expected: Pick<AgentFile, 'agentId'> & Partial<Pick<AgentFile, 'domainId'>>,
): Promise<AgentFile> {
  const { value } = decodeAgentFile(bytes)
  if (value.agentId !== expected.agentId || (expected.domainId !== undefined && value.domainId !== expected.domainId))
    throw new EngineError('vault.invalid', 'The keys that came are another agent\u2019s, or of another domain.')
  await requireOwnBoxKey(primitives, value)
  return value
}

/** A key of an agent object. @throws EngineError `vault.invalid` */
export function rawAgentKey(text: string): Uint8Array {
  const key = fromBase64Url(text)
  if (key.length !== keyBytes) throw new EngineError('vault.invalid', 'An agent\u2019s key is not of the length that keys have.')
  return key
}
