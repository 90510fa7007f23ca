import type { PlanId } from '@holdfast/shared-types'
import type { AuditFacts } from '../../platform/audit/audit-scope.ts'
import type { PlanRow } from '../plans/index.ts'
import type { RetentionState } from './retention-state.ts'
import type { RetentionWaitRow } from './retention-wait.entity.ts'
import { removeWait, writeWait } from './waits.queries.ts'

/** How deleting is put on record. @param details for a line that is this work's own; one that is of more was told before of what it is */
export type OnRecord = (deleting: () => Promise<unknown>, details: NonNullable<AuditFacts['details']>) => Promise<unknown>

export const ruleName = ({ name }: PlanRow): string => `retention of plan ${name}`

/** Something was said, or waits, besides what waited. */
export const hasMore = ({ refused, versions, versionsWord }: RetentionWaitRow): boolean =>
  refused.length > 0 || (versions ?? null) !== null || (versionsWord ?? null) !== null

/** @param row null: nothing waits, and nothing was refused */
export function tellWait({ database, live }: RetentionState, planId: PlanId, row: RetentionWaitRow | null): Promise<void> {
  return database.transaction(async (em) => {
    if (row === null) await removeWait(em, planId)
    else await writeWait(em, row)
    live.append(em, 'plans', 'retention.changed', { id: planId })
  })
}
