import { isDeepStrictEqual } from 'node:util'
import { AppError, keepsLess, Retention, standardMinimumAgeDays } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { orderRules } from '../../platform/access/access-rules.ts'
import { requireAccess } from '../../platform/access/require-access.ts'
import { tellAudit } from '../../platform/audit/audit-scope.ts'
import type { KnownActor } from '../../platform/http/actor.ts'
import type { AgentRecord } from '../agents/index.ts'
import type { PlanRow } from './plan.entity.ts'
import type { PlansState } from './plans-state.ts'

/* Who may say how long a plan keeps what it makes: whoever may not delete may not have rules do it. */

/** As they are understood; null: everything is kept, also by rules that cannot be read. */
export const readRules = ({ retention }: Pick<PlanRow, 'retention'>): Retention | null => Retention.safeParse(retention).data ?? null

/**
 * What a plan has after a change. Rules that cannot be read are shown as none, and whoever sends back what was shown has not taken them away: they stay for a hub that can
 * read them.
 */
export function rulesAfter(plan: PlanRow, wanted: Retention | null | undefined): Retention | null {
  const stored = plan.retention ?? null
  return wanted === undefined || (wanted === null && readRules(plan) === null) ? stored : wanted
}

/** What an administrator has allowed a plan before, others may leave to it. By rules that let young snapshots go an operator could delete what they may not delete by hand. @throws AppError `access.denied` */
export function requireAgeAllowed(actor: KnownActor, rules: Retention | null, before: Retention | null = null): void {
  const least = Math.min(before?.minimumAgeDays ?? standardMinimumAgeDays, standardMinimumAgeDays)
  if (rules !== null && rules.minimumAgeDays < least) requireAccess(orderRules.letYoungSnapshotsGo, actor)
}

/**
 * So could they by rules which keep less than those before, again and again. A plan that has never run has made nothing yet that could go.
 * @throws AppError `access.denied`, `token.scope-too-small`
 */
export async function requireRulesAllowed(
  { runs }: PlansState,
  em: EntityManager,
  actor: KnownActor,
  { plan, after }: { readonly plan: PlanRow; readonly after: Retention | null },
): Promise<void> {
  const before = readRules(plan)
  if (isDeepStrictEqual(plan.retention ?? null, after) || !keepsLess(before, after)) return
  if ((await runs.newestOf(em, [plan.id])).size === 0) return requireAgeAllowed(actor, after, before)
  try {
    requireAccess(orderRules.keepLess, actor)
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'access.denied') throw error
    throw new AppError('access.denied', {
      message: 'By these rules the plan would keep less than it does. Only an administrator may say that.',
      cure: 'Leave `retention` out to change the rest of the plan, let it keep at least as much by each rule, or ask an administrator.',
      cause: error,
    })
  }
}

/** What a plan has already may stay: it has no effect there, and switching the plan off must not fail for it. @throws AppError `request.invalid` */
export function requireLimitPossible(
  { vaults }: PlansState,
  { vaultId }: AgentRecord,
  { before, after }: Record<'before' | 'after', Retention | null>,
): void {
  const limit = after?.versionsPerFile ?? null
  if (limit === null || limit === (before?.versionsPerFile ?? null) || !vaults.isPrivate(vaultId)) return
  throw new AppError('request.invalid', {
    message:
      'The vault of this device is private: the hub cannot read its snapshots, and so cannot take older versions of files out of them.',
    cure: 'Leave the limit of versions per file out. The other rules hold for private vaults too: keep fewer or younger snapshots.',
  })
}

export function tellRules(before: Retention | null, after: Retention | null): void {
  if (!isDeepStrictEqual(before, after)) tellAudit({ details: { rulesBefore: rulesText(before), rules: rulesText(after) } })
}

/** `keepLast 3, keepWithin 7 days`; what keeps nothing is left out. */
function rulesText(rules: Retention | null): string {
  if (rules === null) return 'everything'
  const { keepWithin, ...counts } = rules
  const parts = Object.entries(counts).map(([name, count]) => [name, String(count)] as const)
  const within = Object.entries(keepWithin ?? {}).map(([unit, count]) => ['keepWithin', `${count} ${unit}`] as const)
  return [...parts, ...within]
    .filter(([name, text]) => name === 'minimumAgeDays' || !text.startsWith('0'))
    .map((part) => part.join(' '))
    .join(', ')
}
