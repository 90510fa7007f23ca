import type { CareKind, CareState, CareStory, VaultId } from '@holdfast/shared-types'
import { defineEntity, p } from '@mikro-orm/core'
import { SnapshotEntity } from './snapshot.entity.ts'
import { VaultEntity } from './vault.entity.ts'

/** What the hub did by itself to keep a vault whole, or is doing. Old ones go. */
export const CareEntity = defineEntity({
  name: 'Care',
  tableName: 'care',
  properties: {
    id: p.bigint('number').primary().autoincrement(),
    vaultId: () => p.manyToOne(VaultEntity).mapToPk().fieldName('vault_id').deleteRule('cascade').$type<VaultId>(),
    kind: p.text().$type<CareKind>(),
    /** One that says `running` and is not known to this process was interrupted. */
    state: p.text().$type<CareState>(),
    /** Name of a person, as it was then; null = by itself. */
    startedBy: p.text().nullable(),
    startedAt: p.datetime(3),
    endedAt: p.datetime(3).nullable(),
    counts: p.json().$type<CareStory['counts']>(),
    error: p.json().$type<CareStory['error']>().nullable(),
  },
  indexes: [{ name: 'care_vault_id_kind_id_idx', properties: ['vaultId', 'kind', 'id'] }],
})

/** A file or folder of a snapshot that cannot be read as the snapshot's refset says (vaults/damage). */
export const DamagedPathEntity = defineEntity({
  name: 'DamagedPath',
  tableName: 'damaged_path',
  properties: {
    id: p.bigint('number').primary().autoincrement(),
    snapshotId: () => p.manyToOne(SnapshotEntity).mapToPk().fieldName('snapshot_id').deleteRule('cascade').$type<Uint8Array>(),
    /** Raw bytes, absolute. */
    path: p.blob(),
    /** Its list is lost: what is in it is not known. */
    isFolder: p.boolean(),
    /** Something of it lies nowhere; false = it only lies elsewhere than the refset says. */
    isLost: p.boolean().default(true),
  },
  indexes: [{ name: 'damaged_path_snapshot_id_idx', properties: ['snapshotId', 'id'] }],
})
