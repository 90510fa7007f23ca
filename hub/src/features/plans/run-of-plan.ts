import { leanCompression, leanDeletedFiles } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { PlanRow } from './plan.entity.ts'
import { lastSizeOf } from './plans.present.ts'
import type { PlansState, RunOfPlan } from './plans-state.ts'

/** A run of a plan as it is now: what to do, and the rules that go with it. */
export async function runOf(
  state: PlansState,
  em: EntityManager,
  plan: PlanRow,
  { full, requestedBy, trigger }: Pick<RunOfPlan, 'requestedBy' | 'trigger'> & { readonly full: boolean },
): Promise<RunOfPlan> {
  const { vaultId, sources, exclusions, compression, deletedFiles, retries } = plan
  const percent = plan.shrinkLimitPercent ?? null
  const size = percent === null ? null : await lastSizeOf(state, em, plan)
  return {
    agentId: plan.agentId,
    requestedBy,
    trigger,
    request: {
      kind: 'backup',
      vaultId,
      sources,
      full,
      ...exclusions,
      ...leanCompression(compression),
      ...leanDeletedFiles(deletedFiles),
    },
    plan: {
      id: plan.id,
      name: plan.name,
      policy: { retries, timeoutMs: plan.timeoutMs ?? null, shrink: size === null || percent === null ? null : { percent, ...size } },
    },
  }
}
