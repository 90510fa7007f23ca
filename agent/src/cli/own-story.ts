import type { OwnStory } from '../logging/own-run-log.ts'
import type { EndedRun } from './follow-run.ts'

/** The run as the person at the device may see it: the hub of a private vault knows figures and codes, this machine the paths and reasons. */
export function withOwnStory(run: EndedRun, { warnings, end }: OwnStory): EndedRun {
  const { error = null, result = null } = end ?? {}
  const ownCodes = new Set(warnings.map(({ code }) => code))
  return {
    ...run,
    // What the hub found by itself (a backup that has shrunk) is known to it alone.
    warnings: [...warnings, ...run.warnings.filter(({ code }) => !ownCodes.has(code))],
    error: error !== null && error.code === run.error?.code ? error : run.error,
    result: result !== null && result.kind === run.result?.kind ? result : run.result,
  }
}
