import { toHex } from '../bytes/index.ts'
import { EngineError } from '../errors/index.ts'
import { uuidFromBytes } from './uuid.ts'

/** Keys of a vault's objects in its store (docs/vault-format.md §2). */
export const vaultFileKey = 'vault.json'
/** There once anything was rewritten. */
export const rewritingKeyKey = 'rewriting-key.json'
export const keySlotPrefix = 'keys/'
export const agentPrefix = 'a/'
export const sealedKeysPrefix = 'b/'
export const packPrefix = 'p/'
export const snapshotPrefix = 's/'
export const journalPrefix = 'g/'
export const revocationPrefix = 'r/'
export const selfBackupPrefix = 'h/'
/** What a hub writes to try a store; it means nothing. */
export const trialPrefix = 'connection-test/'
/** What readers of a vault have to know that older ones do not; none yet. */
export const featurePrefix = 'f/'

export const keySlotKey = (slotId: Uint8Array): string => `${keySlotPrefix}${toHex(slotId)}`
export const agentKey = (agentId: Uint8Array): string => `${agentPrefix}${uuidFromBytes(agentId)}`

/** A domain's keys, sealed to one agent: in private vaults only. */
export const sealedKeysKey = (agentId: Uint8Array): string => `${sealedKeysPrefix}${uuidFromBytes(agentId)}`

export const revocationKey = (agentId: Uint8Array): string => `${revocationPrefix}${uuidFromBytes(agentId)}`

export function packKey(packId: Uint8Array): string {
  const hex = toHex(packId)
  return `${packPrefix}${hex.slice(0, 2)}/${hex}`
}

export const snapshotKey = (agentId: Uint8Array, seq: number, snapshotId: Uint8Array): string =>
  `${snapshotPrefix}${uuidFromBytes(agentId)}/${String(seq).padStart(12, '0')}-${toHex(snapshotId)}`

/** Whether a snapshot can have this key. */
export const isSnapshotKey = (key: string): boolean => /^s\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\/[0-9]{12,16}-[0-9a-f]{32}$/.test(key)

export const journalKey = (epoch: number): string => `${journalPrefix}${String(epoch).padStart(16, '0')}`

/** The pack id a key names. @throws EngineError `format.invalid` for a key no pack can have. */
export function packIdOfKey(key: string): string {
  const match = /^p\/([0-9a-f]{2})\/(\1[0-9a-f]{30})$/.exec(key)
  if (match?.[2] === undefined) throw new EngineError('format.invalid', 'An object among the packs has a name that no pack has.')
  return match[2]
}
