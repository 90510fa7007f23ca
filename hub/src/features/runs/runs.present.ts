import type { LogLine, Run, RunResult } from '@holdfast/shared-types'
import type { HeldProgress } from './newest-progress.ts'
import type { RunLogRow, RunRow } from './run.entity.ts'

interface PresentOptions {
  readonly deviceName: string
  /** Newer than the one in the row, which is written every few seconds. */
  readonly newest?: Pick<HeldProgress, 'sample' | 'waitsFor'> | undefined
  /** Lists leave them out, and plans too: a thousand runs with a thousand warnings each is no list. */
  readonly withWarnings: boolean
}

export const presentRun = (run: RunRow, { deviceName, newest, withWarnings }: PresentOptions): Run => ({
  id: run.id,
  agentId: run.agentId,
  deviceName,
  kind: run.kind,
  state: run.state,
  request: run.request,
  requestedBy: run.requestedBy,
  trigger: run.trigger,
  ...planFactsOf(run),
  createdAtMs: run.createdAt.getTime(),
  startedAtMs: run.startedAt?.getTime() ?? null,
  finishedAtMs: run.finishedAt?.getTime() ?? null,
  waitsFor: newest?.waitsFor ?? null,
  progress: newest?.sample ?? run.progress ?? null,
  result: withWarnings ? (run.result ?? null) : withoutPlan(run.result),
  error: run.error ?? null,
  warnings: withWarnings ? run.warnings : [],
  warningCount: run.warningCount,
})

const planFactsOf = (run: RunRow): Pick<Run, 'planId' | 'planName' | 'attempt' | 'attempts' | 'notBeforeMs' | 'pausedAtMs'> => ({
  planId: run.planId ?? null,
  planName: run.planName ?? null,
  attempt: run.attempt,
  // What a run may still be tried again falls by one with each try.
  attempts: run.attempt + (run.policy?.retries.count ?? 0),
  notBeforeMs: run.state === 'queued' ? (run.startNotBefore?.getTime() ?? null) : null,
  pausedAtMs: run.pausedAt?.getTime() ?? null,
})

function withoutPlan(result: RunResult | null | undefined): RunResult | null {
  if (result?.kind !== 'restore' || result.plan === undefined) return result ?? null
  const { plan: _, ...figures } = result
  return figures
}

export const presentLogLine = (line: RunLogRow): LogLine => ({
  seq: line.seq,
  atMs: line.at.getTime(),
  level: line.level,
  event: line.event,
  message: line.message,
  path: line.path ?? null,
})
