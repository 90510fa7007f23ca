import type { DomainId, VaultId } from '@holdfast/shared-types'
import { defineEntity, p } from '@mikro-orm/core'

/** A vault this hub works with. Everything but the name and the export of its key is also in the store. */
export const VaultEntity = defineEntity({
  name: 'Vault',
  tableName: 'vault',
  properties: {
    id: p.uuid().$type<VaultId>().primary(),
    name: p.text(),
    kind: p.enum(['managed', 'private'] as const),
    storeKind: p.enum(['directory', 's3'] as const),
    /** The domain that newly enrolled agents join. */
    defaultDomainId: p.uuid().$type<DomainId>(),
    keyEpoch: p.integer(),
    /** Counts collections of garbage; a snapshot carries the one its session began in. */
    epoch: p.bigint('number'),
    /** Null = the only other key lies next to the vault. */
    recoveryKeyExportedAt: p.datetime(3).nullable(),
    createdAt: p.datetime(3),
  },
})
