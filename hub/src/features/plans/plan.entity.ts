import {
  Compression,
  DeletedFiles,
  standardCompression,
  standardDeletedFiles,
  type AgentId,
  type BackupExclusions,
  type PlanId,
  type RetryPolicy,
  type VaultId,
  type WirePath,
} from '@holdfast/shared-types'
import { defineEntity, p, type InferEntity } from '@mikro-orm/core'
import { AgentEntity } from '../agents/index.ts'

/** What is backed up of a device, and how. */
export const PlanEntity = defineEntity({
  name: 'Plan',
  tableName: 'plan',
  properties: {
    id: p.uuid().$type<PlanId>().primary(),
    agentId: () => p.manyToOne(AgentEntity).mapToPk().fieldName('agent_id').deleteRule('cascade').$type<AgentId>(),
    vaultId: p.uuid().$type<VaultId>(),
    name: p.text(),
    sources: p.json().$type<WirePath[]>(),
    exclusions: p.json().$type<BackupExclusions>(),
    compression: p.enum(Compression.options).$type<Compression>().default(standardCompression),
    deletedFiles: p.enum(DeletedFiles.options).$type<DeletedFiles>().default(standardDeletedFiles),
    retries: p.json().$type<RetryPolicy>(),
    timeoutMs: p.bigint('number').nullable(),
    shrinkLimitPercent: p.integer().nullable(),
    isEnabled: p.boolean(),
    /** Grows with every change, so that two people do not overwrite each other unseen. */
    revision: p.integer(),
    createdAt: p.datetime(3),
    updatedAt: p.datetime(3),
    /** Backups asked for before that are no measure of size any more: its sources or exclusions were changed then, or a new size accepted. */
    sizeSince: p.datetime(3),
    /** A size that somebody accepted; backups after `sizeSince` replace it. */
    acceptedSize: p.json().$type<PlanSize>().nullable(),
  },
  uniques: [{ name: 'plan_name_unique', properties: ['agentId', 'name'] }],
})
export type PlanRow = InferEntity<typeof PlanEntity>

export interface PlanSize {
  readonly files: number
  readonly bytes: number
}
