import type { DomainId, Vault, VaultCheck, VaultCollection, VaultId } from '@holdfast/shared-types'
import { defineEntity, p } from '@mikro-orm/core'

/** Long enough that a mistake of before the holidays is still found after them. */
export const standardUndoDays = 14

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
    /** The newest collection of garbage: what it does or did. */
    collection: p.json().$type<VaultCollection>().nullable(),
    /** Epoch of the newest collection whose journal was carried out to its end. */
    removedEpoch: p.bigint('number').default(0),
    /** How long deleted snapshots can be had back. */
    undoDays: p.integer().default(standardUndoDays),
    createdAt: p.datetime(3),
  },
})
