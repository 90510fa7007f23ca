import { AppError, type SnapshotId } from '@holdfast/shared-types'
import { tellAudit } from '../../platform/audit/audit-scope.ts'
import type { UserActor } from '../../platform/http/actor.ts'
import { letGo, ruleName, tellWait } from './apply-retention.ts'
import { idsOf, judgePlan, type JudgedPlan } from './judge-plan.ts'
import { goingOf } from './judge-snapshots.ts'
import type { RetentionState } from './retention-state.ts'
import type { RetentionWaitRow } from './retention-wait.entity.ts'
import { findWait } from './waits.queries.ts'

/**
 * Lets go what was seen, as far as the rules still let it go.
 *
 * @returns how many went. @throws AppError `retention.outdated`, and what deleting throws
 */
export function approveRetention(state: RetentionState, actor: UserActor, waitId: string): Promise<number> {
  return state.turn(async () => {
    const { judged, wait } = await requireWait(state, waitId)
    const seen = new Set<SnapshotId>(wait.waiting)
    const going = idsOf(goingOf(judged.judged)).filter((id) => seen.has(id))
    if (going.length > 0) await letGo(state, judged, going, `${ruleName(judged.plan)}, as ${actor.name} agreed`)
    await tellWait(state, judged.plan.id, wait.refused.length === 0 ? null : { ...wait, waiting: [] })
    return going.length
  })
}

/** They stay as long as the rules are what they are. @returns how many. @throws AppError `retention.outdated` */
export function refuseRetention(state: RetentionState, waitId: string): Promise<number> {
  return state.turn(async () => {
    const { judged, wait } = await requireWait(state, waitId)
    tellAudit({ details: { snapshots: wait.waiting.length } })
    const refused = [...new Set([...wait.refused, ...wait.waiting])]
    await tellWait(state, judged.plan.id, { ...wait, refused, waiting: [] })
    return wait.waiting.length
  })
}

async function requireWait(
  state: RetentionState,
  waitId: string,
): Promise<{ readonly judged: JudgedPlan; readonly wait: RetentionWaitRow }> {
  const row = await findWait(state.database.em(), waitId)
  if (row === null) throw new AppError('retention.outdated')
  const judged = await judgePlan(state, row.planId)
  if (judged.wait?.waitId !== waitId || judged.wait.waiting.length === 0) throw new AppError('retention.outdated')
  const { id, name } = judged.plan
  tellAudit({ object: { kind: 'plan', id, name } })
  return { judged, wait: judged.wait }
}
