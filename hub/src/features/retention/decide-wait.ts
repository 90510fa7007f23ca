import { AppError, type SnapshotId } from '@holdfast/shared-types'
import { tellAudit } from '../../platform/audit/audit-scope.ts'
import type { UserActor } from '../../platform/http/actor.ts'
import { originOf } from '../vaults/index.ts'
import { letGo } from './apply-retention.ts'
import { hasMore, ruleName, tellWait } from './tell-wait.ts'
import { idsOf, judgePlan, type JudgedPlan } from './judge-plan.ts'
import { goingOf } from './judge-snapshots.ts'
import { limitPlanVersions } from './limit-plan-versions.ts'
import { waitsForWord } from './present-waits.ts'
import type { RetentionState } from './retention-state.ts'
import type { RetentionWaitRow } from './retention-wait.entity.ts'
import { findWait } from './waits.queries.ts'

/**
 * Lets go what was seen, as far as the rules still let it go, and takes out versions beyond the limit where these waited.
 *
 * @returns how many went, and how many were written anew. @throws AppError `retention.outdated`, and what deleting and rewriting throw
 */
export function approveRetention(
  state: RetentionState,
  actor: UserActor,
  waitId: string,
): Promise<{ readonly deleted: number; readonly rewritten: number }> {
  return state.turn(async () => {
    const { judged, wait } = await requireWait(state, waitId)
    const seen = new Set<SnapshotId>(wait.waiting)
    const going = idsOf(goingOf(judged.judged)).filter((id) => seen.has(id))
    const isAgreed = wait.versions !== null && wait.versionsWord === null
    const limited = isAgreed ? { rewriting: wait.versions?.snapshots ?? 0, versionsPerFile: wait.rules.versionsPerFile ?? null } : {}
    // All of it before anything is written: the first of it takes the row of the audit log along.
    tellAudit({ details: { snapshots: going.length, ...limited } })
    if (going.length > 0) await letGo(state, judged, going, `${ruleName(judged.plan)}, as ${actor.name} agreed`)
    const row = { ...wait, waiting: [], ...(isAgreed ? { versionsWord: 'agreed' as const } : {}) }
    await tellWait(state, judged.plan.id, hasMore(row) ? row : null)
    if (!isAgreed) return { deleted: going.length, rewritten: 0 }
    const now = await judgePlan(state, judged.plan.id)
    const { rewritten } = await limitPlanVersions(state, now, (rewriting) => rewriting())
    return { deleted: going.length, rewritten }
  })
}

/** They stay until a change of the rules keeps less. @returns how many. @throws AppError `retention.outdated` */
export function refuseRetention(state: RetentionState, waitId: string): Promise<number> {
  return state.turn(async () => {
    const { judged, wait } = await requireWait(state, waitId)
    tellAudit({ details: { snapshots: wait.waiting.length } })
    const refused = [...new Set([...wait.refused, ...(await originsOf(state, judged, wait.waiting))])]
    const isRefused = wait.versions !== null && wait.versionsWord === null
    await tellWait(state, judged.plan.id, { ...wait, refused, waiting: [], ...(isRefused ? { versionsWord: 'refused' as const } : {}) })
    return wait.waiting.length + (isRefused ? (wait.versions?.snapshots ?? 0) : 0)
  })
}

/** Also of those that were written anew since they were seen. */
async function originsOf({ database, vaults }: RetentionState, { judged }: JudgedPlan, ids: readonly SnapshotId[]): Promise<SnapshotId[]> {
  const there = new Map(judged.map(({ snapshot }) => [snapshot.id, snapshot]))
  const origins: SnapshotId[] = []
  for (const id of ids) {
    const found = there.get(id) ?? (await vaults.snapshots.find(database.em(), id))
    origins.push(found === null ? id : originOf(found))
  }
  return origins
}

async function requireWait(
  state: RetentionState,
  waitId: string,
): Promise<{ readonly judged: JudgedPlan; readonly wait: RetentionWaitRow }> {
  const row = await findWait(state.database.em(), waitId)
  if (row === null) throw new AppError('retention.outdated')
  const judged = await judgePlan(state, row.planId)
  if (judged.wait?.waitId !== waitId || !waitsForWord(judged.wait)) throw new AppError('retention.outdated')
  const { id, name } = judged.plan
  tellAudit({ object: { kind: 'plan', id, name } })
  return { judged, wait: judged.wait }
}
