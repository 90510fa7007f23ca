import { fromBase64Url } from '../bytes/index.ts'
import { EngineError } from '../errors/index.ts'
import { decodeAgentFile, decodeRewritingKeyFile, type AgentFile } from '../format/index.ts'
import { verifyEd25519 } from './crypto/node-primitives.ts'

const boxKeyContext = new TextEncoder().encode('holdfast-agent-key-1')
const keyBytes = 32

/** What an agent signs with its Ed25519 key to vouch for its X25519 key. */
export const boxKeySigningBytes = (boxPublicKey: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(boxKeyContext.length + boxPublicKey.length)
  bytes.set(boxKeyContext)
  bytes.set(boxPublicKey, boxKeyContext.length)
  return bytes
}

/** @throws EngineError `vault.invalid` */
export function requireOwnBoxKey(agent: AgentFile): void {
  const signKey = rawKey(agent.signPublicKey)
  const isVouched = verifyEd25519(signKey, fromBase64Url(agent.boxSignature), boxKeySigningBytes(rawKey(agent.boxPublicKey)))
  if (!isVouched) throw new EngineError('vault.invalid', 'An agent\u2019s encryption key is not signed by its own signing key.')
}

/**
 * The raw signing key of an agent object whose MAC its reader cannot check, having only domain keys (docs/threat-model.md says what that
 * leaves open). What can be checked is: that it is whole, of this agent and domain, and that its two keys belong together.
 *
 * @throws EngineError `vault.invalid`, `format.unsupported-version`
 */
export function signerOf(bytes: Uint8Array, expected: Pick<AgentFile, 'agentId' | 'domainId'>): Uint8Array {
  const { value } = decodeAgentFile(bytes)
  if (value.agentId !== expected.agentId || value.domainId !== expected.domainId)
    throw new EngineError('vault.invalid', 'The keys that came are another agent\u2019s, or of another domain.')
  requireOwnBoxKey(value)
  return rawKey(value.signPublicKey)
}

/**
 * The raw key that signs rewritten snapshots of a vault, from an object whose MAC its reader cannot check either.
 * @throws EngineError `vault.invalid`, `format.unsupported-version`
 */
export function rewriterOf(bytes: Uint8Array, vaultId: string): Uint8Array {
  const { value } = decodeRewritingKeyFile(bytes)
  if (value.vaultId !== vaultId) throw new EngineError('vault.invalid', 'The rewriting key that came is another vault\u2019s.')
  return rawKey(value.signPublicKey)
}

function rawKey(text: string): Uint8Array {
  const key = fromBase64Url(text)
  if (key.length !== keyBytes) throw new EngineError('vault.invalid', 'An agent\u2019s key is not of the length that keys have.')
  return key
}
