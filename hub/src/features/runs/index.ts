import { RunEntity, RunEventEntity, RunLogEntity } from './run.entity.ts'

export const runEntities = [RunEntity, RunEventEntity, RunLogEntity] as const
export { createRuns, type Runs } from './create-runs.ts'
export { getRunForAgent, listReadingRuns, plansOfRuns, runsLike, type RunRecord } from './run-doors.ts'
export { lastProofs, lastVerifications } from './order-drill.ts'
export { auditOf, openAudits } from './order-audit.ts'
export { lastOutcomes } from './runs.queries.ts'
export type { BackupMaker, HealAnswer, OpenHeal } from './heal-runs.ts'
export type { NewestRuns } from './plan-runs.ts'
export type { RunPolicy } from './run-policy.ts'
export { runFigures, type RunFigures } from './run-figures.queries.ts'
export type { RunSnapshots } from './runs-state.ts'
