import type { DomainId, SessionId, VaultId } from '@holdfast/shared-types'
import { defineEntity, p } from '@mikro-orm/core'
import { VaultEntity } from './vault.entity.ts'

/** A pack in a store; derived from the pack itself, except who brought it. */
export const PackEntity = defineEntity({
  name: 'Pack',
  tableName: 'pack',
  properties: {
    seq: p.bigint('number').primary().autoincrement(),
    packId: p.blob().unique().check('octet_length(pack_id) = 16'),
    vaultId: () => p.manyToOne(VaultEntity).mapToPk().fieldName('vault_id').$type<VaultId>(),
    domainId: p.uuid().$type<DomainId>(),
    /** 1 data, 2 metadata, as in the format. */
    kind: p.smallint().check('kind in (1, 2)'),
    keyEpoch: p.integer(),
    /** The session that brought it; null for one found in the store. */
    sessionId: p.uuid().$type<SessionId>().nullable(),
    sizeBytes: p.bigint('number'),
    segments: p.integer(),
    blobs: p.integer(),
    /** As in the pack: the blob index is loaded from here without touching the store. */
    footer: p.blob(),
    /**
     * `lost`: the store does not have the object (any more). `removing`: a collection decided to remove it, and nothing takes that back. `gone`: it did; its id is
     * never used again, and the row has no footer.
     */
    state: p.enum(['live', 'lost', 'removing', 'gone'] as const),
    storedAt: p.datetime(3),
    /** Positions of segments that a collection condemned, a bit each, the lowest first; null = none. */
    condemned: p.blob().nullable(),
    /** Positions of segments whose bytes are damaged, as `condemned`; null = none is known. */
    lostSegments: p.blob().nullable(),
    /** When every byte of it was read and compared with its checksums last; null = never. */
    checkedAt: p.datetime(3).nullable(),
  },
  indexes: [
    { name: 'pack_vault_id_pack_id_idx', properties: ['vaultId', 'packId'] },
    {
      name: 'pack_checked_at_idx',
      expression: (columns, _table, name) =>
        `create index "${name}" on "pack" ("${columns.vaultId}", "${columns.checkedAt}" nulls first, "${columns.seq}") where "${columns.state}" = 'live'`,
    },
  ],
})
