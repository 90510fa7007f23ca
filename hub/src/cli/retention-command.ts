import type { CliContext } from './cli-context.ts'
import { withAdmin } from './with-admin.ts'

/** @returns the exit status: 1 where the rules of a plan could not be applied */
export async function retentionCommand(context: CliContext): Promise<number> {
  const report = await withAdmin(context, (admin) => admin.retention({}))
  const { deleted, rewritten, waiting, failedPlans } = report
  context.answer(report, [
    deleted === 0 ? 'No snapshot was deleted.' : `Snapshots deleted: ${deleted}. They can be had back in the console.`,
    ...(rewritten === 0
      ? []
      : [`Snapshots written anew without versions beyond a limit: ${rewritten}. As they were they can be had back in the console.`]),
    ...(waiting === 0 ? [] : [`Snapshots that wait for somebody\u2019s word: ${waiting}. Give it in the console.`]),
    ...(failedPlans === 0 ? [] : [`Plans whose rules could not be applied: ${failedPlans}. The hub\u2019s log says why.`]),
  ])
  return failedPlans === 0 ? 0 : 1
}
