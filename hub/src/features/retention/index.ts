import { RetentionPaceEntity } from './retention-pace.entity.ts'
import { RetentionWaitEntity } from './retention-wait.entity.ts'
import { VersionLookEntity } from './version-look.entity.ts'

export const retentionEntities = [RetentionWaitEntity, RetentionPaceEntity, VersionLookEntity] as const
export { createRetention, type Retention } from './create-retention.ts'
export type { RetentionReport } from './apply-retention.ts'
