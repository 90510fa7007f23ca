import type { KeyObject } from 'node:crypto'
import { fromBase64Url } from '../../bytes/index.ts'
import type { AgentFile } from '../../format/index.ts'
import type { DomainKeys } from '../../reader/index.ts'
import {
  deriveDomainKeys as derive,
  newRecoveryWords,
  openSealedDomainKeys as open,
  readAgentObject,
  sealDomainKeys as seal,
  type DomainKeyId,
} from '../../unlock/index.ts'
import { nodePrimitives, rawPrivateKey } from './node-primitives.ts'

/*
 * `unlock` with the primitives of Node, for who has no others.
 */

export const deriveDomainKeys = (masterKey: Uint8Array, id: DomainKeyId): Promise<DomainKeys> => derive(nodePrimitives, masterKey, id)

/** 256 fresh bits as 24 words. */
export const makeRecoveryWords = (): Promise<string> => newRecoveryWords(nodePrimitives)

/** Seals a domain's keys to an agent's X25519 key: only that agent, for that vault and domain, can open them. @throws EngineError `vault.key-mismatch` */
export const sealDomainKeys = (keys: DomainKeys, agentId: Uint8Array, boxPublicKey: Uint8Array): Promise<Uint8Array> =>
  seal(nodePrimitives, keys, agentId, boxPublicKey)

/** @throws EngineError `vault.key-mismatch` when the box is not for this agent, vault, domain and epoch; `format.unsupported-version` */
export const openSealedDomainKeys = (
  sealed: Uint8Array,
  id: DomainKeyId,
  agentId: Uint8Array,
  boxPrivateKey: KeyObject,
): Promise<DomainKeys> => open(nodePrimitives, { ...id, agentId }, rawPrivateKey(boxPrivateKey), sealed)

/** The raw signing key of an agent object, for a reader with domain keys only. @throws EngineError as `readAgentObject` */
export const signerOf = async (bytes: Uint8Array, expected: Pick<AgentFile, 'agentId' | 'domainId'>): Promise<Uint8Array> =>
  fromBase64Url((await readAgentObject(nodePrimitives, bytes, expected)).signPublicKey)
