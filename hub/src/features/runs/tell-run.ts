import { isEndState, type LogLine, type Run } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { findAgent } from '../agents/index.ts'
import type { RunRow } from './run.entity.ts'
import type { RunsState } from './runs-state.ts'
import { presentRun } from './runs.present.ts'

/** Tells browsers what a run is now, and its new log lines, with the commit of `em`. */
export async function tellRun(
  state: Pick<RunsState, 'live' | 'progress'>,
  em: EntityManager,
  run: RunRow,
  lines: readonly LogLine[] = [],
): Promise<void> {
  const present = async (withWarnings: boolean): Promise<Run> => presentFor(state, em, run, withWarnings)
  for (const line of lines) state.live.append(em, `run:${run.id}`, 'run.log', line)
  state.live.append(em, `run:${run.id}`, 'run.changed', await present(true))
  state.live.append(em, 'runs', 'run.changed', await present(false))
}

/** A run as the API shows it, with the newest sample. */
export async function presentFor(state: Pick<RunsState, 'progress'>, em: EntityManager, run: RunRow, withWarnings: boolean): Promise<Run> {
  const agent = await findAgent(em, run.agentId)
  const newest = isEndState(run.state) ? undefined : state.progress.get(run.id)
  return presentRun(run, { deviceName: agent?.name ?? '', newest, withWarnings })
}
