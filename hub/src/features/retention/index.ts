import { RetentionWaitEntity } from './retention-wait.entity.ts'

export const retentionEntities = [RetentionWaitEntity] as const
export { createRetention, type Retention } from './create-retention.ts'
export type { RetentionReport } from './apply-retention.ts'
