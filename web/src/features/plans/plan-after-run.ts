import type { Plan, PlanRun, Run } from '@holdfast/shared-types'

const factsOf = ({ id, state, createdAtMs, finishedAtMs, error, warningCount }: Run): PlanRun => ({
  id,
  state,
  createdAtMs,
  finishedAtMs,
  error,
  warningCount,
})

function planAfterEnd(plan: Plan, run: Run, finishedAtMs: number): Plan {
  const { activeRun, lastRun, lastGoodAtMs } = plan
  const rest = { ...plan, activeRun: activeRun?.id === run.id ? null : activeRun }
  const isGood = run.state === 'succeeded' || run.state === 'warning'
  const good = { ...rest, lastGoodAtMs: isGood ? Math.max(lastGoodAtMs ?? 0, finishedAtMs) : lastGoodAtMs }
  const isNewest = lastRun === null || lastRun.createdAtMs <= run.createdAtMs
  // A cancelled one says nothing of what it did not come to.
  const saysNothing = run.state === 'cancelled' && lastRun !== null && lastRun.state !== 'cancelled'
  return isNewest && !saysNothing ? { ...good, lastRun: factsOf(run), isShrunk: run.error?.code === 'run.shrunk' } : good
}

/** A plan with what is known of one of its runs now; the same plan where that says nothing new. */
export function planAfterRun(plan: Plan, run: Run): Plan {
  if (run.finishedAtMs !== null) return planAfterEnd(plan, run, run.finishedAtMs)
  const { activeRun, lastRun } = plan
  // One that works is shown before one that waits for its end.
  const isHidden = activeRun !== null && activeRun.id !== run.id && activeRun.state !== 'queued' && run.state === 'queued'
  const isOver = lastRun?.id === run.id
  const isSame = activeRun?.id === run.id && activeRun.state === run.state
  return isHidden || isOver || isSame ? plan : { ...plan, activeRun: factsOf(run) }
}
