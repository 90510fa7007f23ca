import { ByteReader, ByteWriter, copyBytes } from '../../bytes/index.ts'
import type { DomainKeys } from '../../reader/primitives.ts'
import { hkdfSha256 } from './node-primitives.ts'

const encoder = new TextEncoder()

/** Which domain's keys, and of which epoch. Ids are 16 bytes. */
export interface DomainKeyId {
  readonly vaultId: Uint8Array
  readonly domainId: Uint8Array
  readonly keyEpoch: number
}

export const deriveVaultKey = (masterKey: Uint8Array, vaultId: Uint8Array, label: 'mac' | 'hub' | 'self-backup' | 'rewrite'): Uint8Array =>
  hkdfSha256(masterKey, vaultId, encoder.encode(`holdfast-1 ${label}`))

/** docs/vault-format.md §4. */
export function deriveDomainKeys(masterKey: Uint8Array, id: DomainKeyId): DomainKeys {
  const derive = (label: string, withEpoch: boolean): Uint8Array => {
    const info = new ByteWriter(64).bytes(encoder.encode(`holdfast-1 ${label}`)).bytes(id.domainId)
    if (withEpoch) info.u32(id.keyEpoch)
    return hkdfSha256(masterKey, id.vaultId, info.toBytes())
  }
  return {
    ...id,
    idKey: derive('id', false),
    cdcKey: derive('cdc', false),
    dataKey: derive('enc', true),
    metadataKey: derive('meta', true),
  }
}

/** The 128 bytes that are sealed to an agent. */
export const encodeDomainKeys = (keys: DomainKeys): Uint8Array =>
  new ByteWriter(128).bytes(keys.idKey).bytes(keys.cdcKey).bytes(keys.dataKey).bytes(keys.metadataKey).toBytes()

export function decodeDomainKeys(bytes: Uint8Array, id: DomainKeyId): DomainKeys {
  const reader = new ByteReader(bytes)
  const key = (): Uint8Array => copyBytes(reader.bytes(32))
  const keys = { ...id, idKey: key(), cdcKey: key(), dataKey: key(), metadataKey: key() }
  reader.expectEnd()
  return keys
}
