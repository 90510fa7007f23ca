import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { AppError, type Retention, type SnapshotId, type VersionLimitEffect } from '@holdfast/shared-types'
import type { SnapshotRecord } from '../vaults/index.ts'
import type { JudgedPlan } from './judge-plan.ts'
import { needsWord, type JudgedSnapshot } from './judge-snapshots.ts'
import type { RetentionState } from './retention-state.ts'
import type { RetentionWaitRow } from './retention-wait.entity.ts'
import { ruleName, tellWait, type OnRecord } from './tell-wait.ts'
import { findVersionLook, findWaitOfPlan, writeVersionLook } from './waits.queries.ts'

const dayMs = 24 * 60 * 60 * 1000

export interface VersionedGroup {
  /** Newest first. */
  readonly snapshots: readonly { readonly snapshot: SnapshotRecord; readonly isProtected: boolean }[]
  readonly versionsPerFile: number
}

interface Around {
  readonly nowMs: number
  readonly inUse: ReadonlySet<SnapshotId>
}

/**
 * What of a plan a limit of versions speaks of: all that the other rules keep. The newest one loses nothing, nor what is held, is young, or is read just now.
 * @returns null where there is no limit, or nothing that could be beyond it
 */
export function versionedGroup(
  judged: readonly JudgedSnapshot[],
  rules: Retention | null,
  { nowMs, inUse }: Around,
): VersionedGroup | null {
  const versionsPerFile = rules?.versionsPerFile ?? null
  if (rules === null || versionsPerFile === null) return null
  const youngSinceMs = nowMs - rules.minimumAgeDays * dayMs
  const kept = judged.filter(({ keptFor }) => keptFor.length > 0)
  const snapshots = kept.map(({ snapshot, keptFor }, index) => ({
    snapshot,
    isProtected:
      index === 0 ||
      keptFor.includes('newest') ||
      snapshot.keeping.held !== null ||
      inUse.has(snapshot.id) ||
      snapshot.receivedAtMs > youngSinceMs,
  }))
  return snapshots.length > versionsPerFile && snapshots.some(({ isProtected }) => !isProtected) ? { snapshots, versionsPerFile } : null
}

/** More than half of all that there is at once: rarely meant. */
export const versionsNeedWord = ({ entries, ofEntries }: VersionLimitEffect): boolean => needsWord(entries, ofEntries)

export interface LimitedPlan {
  readonly rewritten: number
  readonly wait: RetentionWaitRow | null
}

/**
 * Takes out of a plan's snapshots what is beyond its limit of versions, unless that is more than half of everything: then it waits for somebody's word. Where the snapshots are those of the last
 * time, nothing is read at all. In a private vault, whose snapshots the hub cannot write anew, the limit is passed over, and the log says so once.
 */
export async function limitPlanVersions(state: RetentionState, judged: JudgedPlan, onRecord: OnRecord): Promise<LimitedPlan> {
  const { plan, rules } = judged
  const em = state.database.em()
  const wait = await findWaitOfPlan(em, plan.id)
  const group = isPassedOver(state, judged) ? null : versionedGroup(judged.judged, rules, judged.around)
  if (group === null || rules === null) return { rewritten: 0, wait: await letNoVersionsWait(state, judged, wait) }
  const look = lookOf(group)
  if (isDeepStrictEqual(await findVersionLook(em, plan.id), look) || wait?.versionsWord === 'refused')
    return { rewritten: 0, wait: waiting(wait) }
  const order = { ...group, signal: new AbortController().signal }
  const effect = await state.vaults.rewriting.previewVersions(order)
  if (versionsNeedWord(effect) && wait?.versionsWord !== 'agreed')
    return { rewritten: 0, wait: await letVersionsWait(state, judged, wait, effect) }
  await letNoVersionsWait(state, judged, wait)
  const replaced =
    effect.entries === 0
      ? new Map<SnapshotId, SnapshotId>()
      : await rewrite(state, judged, { ...order, rewriting: effect.snapshots }, onRecord)
  // What somebody decided over meanwhile was left: it is looked at again.
  if (replaced.size === effect.snapshots) await writeVersionLook(em, { planId: plan.id, ...replacedIn(look, replaced) })
  return { rewritten: replaced.size, wait: null }
}

function isPassedOver({ vaults, passedOver, log }: RetentionState, { plan: { id: planId, vaultId }, rules }: JudgedPlan): boolean {
  if ((rules?.versionsPerFile ?? null) === null || !vaults.isPrivate(vaultId)) return false
  if (!passedOver.has(planId))
    log.warn(
      { event: 'retention.versions-passed-over', planId, vaultId },
      'A plan limits versions of files, and its vault is private: the hub cannot read its snapshots. Its other rules are applied; take the limit out of the plan',
    )
  passedOver.add(planId)
  return true
}

async function rewrite(
  state: RetentionState,
  { plan }: JudgedPlan,
  { rewriting, ...order }: VersionedGroup & { readonly signal: AbortSignal; readonly rewriting: number },
  onRecord: OnRecord,
): Promise<ReadonlyMap<SnapshotId, SnapshotId>> {
  let replaced: ReadonlyMap<SnapshotId, SnapshotId> = new Map()
  await onRecord(
    async () => {
      ;({ replaced } = await state.vaults.rewriting.limitVersions({ ...order, by: ruleName(plan) }))
    },
    // The first snapshot that is written anew takes the row along: how many they will have been nobody knows by then.
    { rewriting, versionsPerFile: order.versionsPerFile },
  )
  return replaced
}

interface Look {
  readonly versionsPerFile: number
  readonly snapshotIds: SnapshotId[]
  readonly open: SnapshotId[]
}

const lookOf = ({ snapshots, versionsPerFile }: VersionedGroup): Look => ({
  versionsPerFile,
  snapshotIds: snapshots.map(({ snapshot }) => snapshot.id),
  open: snapshots.filter(({ isProtected }) => !isProtected).map(({ snapshot }) => snapshot.id),
})

function replacedIn({ versionsPerFile, snapshotIds, open }: Look, replaced: ReadonlyMap<SnapshotId, SnapshotId>): Look {
  const now = (id: SnapshotId): SnapshotId => replaced.get(id) ?? id
  return { versionsPerFile, snapshotIds: snapshotIds.map(now), open: open.map(now) }
}

const waiting = (wait: RetentionWaitRow | null): RetentionWaitRow | null =>
  wait !== null && wait.versions !== null && wait.versionsWord === null ? wait : null

async function letVersionsWait(
  state: RetentionState,
  { plan, rules, judged }: JudgedPlan,
  wait: RetentionWaitRow | null,
  versions: VersionLimitEffect,
): Promise<RetentionWaitRow> {
  if (rules === null) throw new AppError('internal', { message: 'A plan without rules has no limit of versions.' })
  if (wait !== null && isDeepStrictEqual(wait.versions, versions)) return wait
  const row: RetentionWaitRow = {
    planId: plan.id,
    waitId: randomUUID(),
    rules,
    waiting: [],
    refused: wait?.refused ?? [],
    foundAt: new Date(state.now()),
    total: judged.length,
    bytesFreed: 0,
    versions,
    versionsWord: null,
  }
  await tellWait(state, plan.id, row)
  return row
}

/** What was said of it holds as long as the limit does. */
async function letNoVersionsWait(state: RetentionState, { plan }: JudgedPlan, wait: RetentionWaitRow | null): Promise<null> {
  if (wait !== null && wait.versions !== null && wait.versionsWord !== 'refused')
    await tellWait(state, plan.id, wait.refused.length === 0 && wait.versionsWord === null ? null : { ...wait, versions: null })
  return null
}
