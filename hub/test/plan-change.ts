import type { Plan, PlanChange } from '@holdfast/shared-types'

/** The whole of a plan as a change of it has to say it. */
export const changeOf = (plan: Plan): PlanChange => ({
  revision: plan.revision,
  name: plan.name,
  sources: plan.sources,
  exclude: plan.exclude ?? [],
  presets: plan.presets ?? [],
  oneFileSystem: plan.oneFileSystem ?? false,
  excludeCaches: plan.excludeCaches ?? false,
  compression: plan.compression,
  deletedFiles: plan.deletedFiles,
  retries: plan.retries,
  timeoutMs: plan.timeoutMs,
  shrinkLimitPercent: plan.shrinkLimitPercent,
  isEnabled: plan.isEnabled,
})
