import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { standardMinimumAgeDays, type PlanId, type SnapshotId } from '@holdfast/shared-types'
import { tellAudit } from '../../platform/audit/audit-scope.ts'
import { listPlanRows } from '../plans/index.ts'
import type { SnapshotRecord } from '../vaults/index.ts'
import { idsOf, judgePlan, type JudgedPlan } from './judge-plan.ts'
import { goingOf, needsWord } from './judge-snapshots.ts'
import { limitPlanVersions } from './limit-plan-versions.ts'
import type { RetentionState } from './retention-state.ts'
import type { RetentionWaitRow } from './retention-wait.entity.ts'
import { hasMore, ruleName, tellWait, type OnRecord } from './tell-wait.ts'

/** What one application came to, of all plans. */
export interface RetentionReport {
  readonly deleted: number
  /** Snapshots that lost versions of files beyond a limit. */
  readonly rewritten: number
  /** Of plans whose rules want more than half of their snapshots to go. */
  readonly waiting: number
  /** Plans whose rules could not be applied; the log says why. */
  readonly failedPlans: number
}

/** Applies the rules of all plans. What goes wrong with one keeps no other. */
export async function applyRetention(state: RetentionState): Promise<RetentionReport> {
  const report = { deleted: 0, rewritten: 0, waiting: 0, failedPlans: 0 }
  for (const { id, name } of await listPlanRows(state.database.em(), undefined)) {
    try {
      const { deleted, rewritten, wait } = await applyToPlan(state, id, auditedRule(state, id, name))
      report.deleted += deleted
      report.rewritten += rewritten
      report.waiting += wait?.waiting.length ?? 0
    } catch (error) {
      report.failedPlans++
      state.log.error(
        { event: 'retention.failed', planId: id, err: error },
        'The rules of a plan could not be applied; they are tried again with the next day',
      )
    }
  }
  state.log.info({ event: 'retention.applied', ...report }, 'Rules of plans were applied')
  return report
}

const auditedRule =
  ({ audit }: RetentionState, id: PlanId, name: string): OnRecord =>
  (deleting, details) =>
    audit.around(
      {
        actor: { kind: 'rule', id, name, viaTokenId: null },
        action: 'rule:retention',
        object: { kind: 'plan', id, name },
        address: null,
        requestId: null,
      },
      () => {
        tellAudit({ details })
        return deleting()
      },
    )

/**
 * Lets go what a plan's rules let go, unless that is more than half of its snapshots: then it waits for somebody's word.
 *
 * @throws AppError `plan.not-found`; `snapshot.held`, `snapshot.in-use` and `snapshot.deletion-unconfirmed` where something changed while this looked
 */
export function applyToPlan(
  state: RetentionState,
  planId: PlanId,
  onRecord: OnRecord,
): Promise<{ readonly deleted: number; readonly rewritten: number; readonly wait: RetentionWaitRow | null }> {
  return state.turn(async () => {
    const judged = await judgePlan(state, planId)
    const going = goingOf(judged.judged)
    if (needsWord(going.length, judged.judged.length)) return { deleted: 0, rewritten: 0, wait: await letWait(state, judged, going) }
    // Before what waited is forgotten: the first that is written takes the row of the audit log along.
    if (going.length > 0) await onRecord(() => letGo(state, judged, idsOf(going), ruleName(judged.plan)), {})
    await letNothingWait(state, judged)
    return { deleted: going.length, ...(await limitPlanVersions(state, judged, onRecord)) }
  })
}

/** A device's last whole snapshot never goes by a rule, and a young one only where the rules say so. */
export function letGo(
  { vaults }: RetentionState,
  { rules }: JudgedPlan,
  snapshotIds: readonly SnapshotId[],
  by: string,
): Promise<SnapshotRecord[]> {
  tellAudit({ details: { snapshots: snapshotIds.length } })
  const isAgeConfirmed = rules !== null && rules.minimumAgeDays < standardMinimumAgeDays
  return vaults.deletion.delete({ snapshotIds, by, isConfirmed: false, isAgeConfirmed, isFinal: false })
}

async function letWait(
  state: RetentionState,
  { plan, rules, judged, wait }: JudgedPlan,
  going: readonly SnapshotRecord[],
): Promise<RetentionWaitRow | null> {
  // Rules that are none let nothing go.
  if (rules === null) return null
  const waiting = idsOf(going).toReversed()
  if (wait !== null && isDeepStrictEqual(wait.waiting, waiting)) return wait
  const { freed } = await state.vaults.deletion.weigh(state.database.em(), waiting)
  const row: RetentionWaitRow = {
    planId: plan.id,
    waitId: randomUUID(),
    rules,
    waiting,
    refused: wait?.refused ?? [],
    foundAt: new Date(state.now()),
    total: judged.length,
    bytesFreed: freed,
    versions: wait?.versions ?? null,
    versionsWord: wait?.versionsWord ?? null,
  }
  await tellWait(state, plan.id, row)
  return row
}

/** What was refused stays refused. */
async function letNothingWait(state: RetentionState, { plan, rules, wait, hasOldWait }: JudgedPlan): Promise<void> {
  // Where there are none, or none that can be read, nothing is asked; what was refused before is still meant when there are some again.
  if (rules === null) return
  const rest = wait !== null && hasMore(wait) ? { ...wait, waiting: [] } : null
  if (hasOldWait || (wait !== null && wait.waiting.length > 0)) await tellWait(state, plan.id, rest)
}
