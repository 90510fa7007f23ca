import type { AgentId, RunId, VaultId } from '@holdfast/shared-types'
import { defineEntity, p } from '@mikro-orm/core'
import { VaultEntity } from './vault.entity.ts'

/** What a device was asked to back up again because it is damaged: as long as its newest backups name it, and it is lost. */
export const HealRequestEntity = defineEntity({
  name: 'HealRequest',
  tableName: 'heal_request',
  properties: {
    vaultId: () => p.manyToOne(VaultEntity).mapToPk().fieldName('vault_id').primary().deleteRule('cascade').$type<VaultId>(),
    /** No foreign key to agents: snapshots outlive their rows. */
    agentId: p.uuid().primary().$type<AgentId>(),
    /** Key of what backs it up: a plan, or sources. */
    work: p.text().primary(),
    /** The segments that it was asked for, as an encoded refset. */
    lost: p.blob(),
    /** How often it was asked for them. */
    tries: p.integer(),
    askedAt: p.datetime(3),
    /** The newest of its runs. */
    runId: p.uuid().$type<RunId>(),
  },
})
