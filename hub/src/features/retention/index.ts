import { RetentionWaitEntity } from './retention-wait.entity.ts'
import { VersionLookEntity } from './version-look.entity.ts'

export const retentionEntities = [RetentionWaitEntity, VersionLookEntity] as const
export { createRetention, type Retention } from './create-retention.ts'
export type { RetentionReport } from './apply-retention.ts'
