import type { EntitySchema } from '@mikro-orm/core'
import { agentEntities } from '../features/agents/index.ts'
import { apiTokenEntities } from '../features/api-tokens/index.ts'
import { auditEntities } from '../features/audit/index.ts'
import { authEntities } from '../features/auth/index.ts'
import { enrolmentEntities } from '../features/enrolment/index.ts'
import { planEntities } from '../features/plans/index.ts'
import { retentionEntities } from '../features/retention/index.ts'
import { runEntities } from '../features/runs/index.ts'
import { systemEntities } from '../features/system/index.ts'
import { userEntities } from '../features/users/index.ts'
import { vaultEntities } from '../features/vaults/index.ts'
import { LiveEventEntity, LiveTopicEntity } from '../platform/events/live-event.entity.ts'

/** Every table of the hub. */
export const entities: readonly EntitySchema[] = [
  LiveTopicEntity,
  LiveEventEntity,
  ...systemEntities,
  ...userEntities,
  ...authEntities,
  ...apiTokenEntities,
  ...auditEntities,
  ...agentEntities,
  ...enrolmentEntities,
  ...planEntities,
  ...retentionEntities,
  ...runEntities,
  ...vaultEntities,
]
