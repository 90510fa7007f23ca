import { ByteReader, ByteWriter, concatBytes, copyBytes } from '../bytes/index.ts'
import type { VaultFile } from '../format/index.ts'
import type { DomainKeys, Primitives } from '../reader/index.ts'

const encoder = new TextEncoder()

/** Which domain's keys, and of which epoch. Ids are 16 bytes. */
export interface DomainKeyId {
  readonly vaultId: Uint8Array
  readonly domainId: Uint8Array
  readonly keyEpoch: number
}

type Deriving = Pick<Primitives, 'hkdfSha256'>

/** docs/vault-format.md §4. */
export const deriveVaultKey = async (
  primitives: Deriving,
  from: Uint8Array,
  vaultId: Uint8Array,
  label: 'mac' | 'hub' | 'self-backup',
): Promise<Uint8Array> => primitives.hkdfSha256(from, vaultId, encoder.encode(`holdfast-1 ${label}`))

/** The keys that a hub works with; it has them of a private vault too. */
export interface HubKeys {
  /** `K_hub`: of the hub's statements on snapshots, and of its journals. */
  readonly hubKey: Uint8Array
  /** `K_self`: of what a hub keeps of itself in the vault. */
  readonly selfBackupKey: Uint8Array
  /** `K_rev`: of revocations. In managed vaults it is `K_mac`. */
  readonly revocationKey: Uint8Array
}

/** All of them come from `K_hub` in a private vault, where a hub has nothing else. */
export async function deriveHubKeys(
  primitives: Deriving,
  kind: VaultFile['kind'],
  keys: { readonly hubKey: Uint8Array; readonly masterKey?: Uint8Array },
  vaultId: Uint8Array,
): Promise<HubKeys> {
  const from = kind === 'managed' && keys.masterKey !== undefined ? keys.masterKey : keys.hubKey
  return {
    hubKey: keys.hubKey,
    selfBackupKey: await deriveVaultKey(primitives, from, vaultId, 'self-backup'),
    revocationKey: await deriveVaultKey(primitives, from, vaultId, 'mac'),
  }
}

/** docs/vault-format.md §4. */
export async function deriveDomainKeys(primitives: Deriving, masterKey: Uint8Array, id: DomainKeyId): Promise<DomainKeys> {
  const derive = async (label: string, withEpoch: boolean): Promise<Uint8Array> => {
    const info = new ByteWriter(64).bytes(encoder.encode(`holdfast-1 ${label}`)).bytes(id.domainId)
    if (withEpoch) info.u32(id.keyEpoch)
    return primitives.hkdfSha256(masterKey, id.vaultId, info.toBytes())
  }
  return {
    ...id,
    idKey: await derive('id', false),
    cdcKey: await derive('cdc', false),
    dataKey: await derive('enc', true),
    metadataKey: await derive('meta', true),
  }
}

/** The 128 bytes that are sealed to an agent. */
export const encodeDomainKeys = (keys: DomainKeys): Uint8Array => concatBytes([keys.idKey, keys.cdcKey, keys.dataKey, keys.metadataKey])

/** @throws EngineError `bytes.truncated`, `bytes.invalid` */
export function decodeDomainKeys(bytes: Uint8Array, { vaultId, domainId, keyEpoch }: DomainKeyId): DomainKeys {
  const reader = new ByteReader(bytes)
  const key = (): Uint8Array => copyBytes(reader.bytes(32))
  const keys = { vaultId, domainId, keyEpoch, idKey: key(), cdcKey: key(), dataKey: key(), metadataKey: key() }
  reader.expectEnd()
  return keys
}
