import type { DomainId, Vault, VaultCheck, VaultId } from '@holdfast/shared-types'
import { defineEntity, p } from '@mikro-orm/core'

/** A vault this hub works with. Everything but the name, the export of its key and its last check is also in the store. */
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
    /** Name of the person, as it was then. */
    recoveryKeyExportedBy: p.text().nullable(),
    /** The newest; one that says `running` and is not known to this process was interrupted. */
    lastCheck: p.json().$type<VaultCheck>().nullable(),
    /** What a check found and no later one has shown to be mended: `lastCheck` forgets it as soon as the next one begins. */
    damage: p.json().$type<Vault['damage']>().nullable(),
    createdAt: p.datetime(3),
  },
})
