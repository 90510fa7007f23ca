import { isEndState, type Api, type QueryOf } from '@holdfast/shared-types'
import type { RouteHandlers } from '../../platform/http/define-feature.ts'
import { deviceNames } from '../agents/index.ts'
import { cancelRun } from './cancel-run.ts'
import { getRun } from './get-run.ts'
import { getRunLogFile } from './get-run-log-file.ts'
import { requireVisibleRun } from './require-visible-run.ts'
import { emptyCurve } from './run-curve.ts'
import { readRunEvents } from './run-history.queries.ts'
import type { RunRow } from './run.entity.ts'
import { listRunRows, readLog, type RunFilter } from './runs.queries.ts'
import { presentLogLine, presentRun } from './runs.present.ts'
import type { RunsState } from './runs-state.ts'
import { pauseRun } from './pause-run.ts'
import { startRun } from './start-run.ts'

const filterOf = (query: QueryOf<Api['listRuns']>): RunFilter => ({
  kind: query.kind,
  planId: query.planId,
  isActive: query.active === undefined ? undefined : query.active === 'true',
  states: query.state === undefined ? undefined : [query.state].flat(),
  createdFrom: query.createdAfterMs === undefined ? undefined : new Date(query.createdAfterMs),
  createdUntil: query.createdBeforeMs === undefined ? undefined : new Date(query.createdBeforeMs),
  before: query.before,
})

export const runRoutes = (state: RunsState): RouteHandlers => ({
  startRun: ({ actor, params, body }) => startRun(state, actor, params.agentId, body),
  cancelRun: ({ actor, params }) => cancelRun(state, actor, params.runId),
  pauseRun: ({ actor, params }) => pauseRun(state, actor, params.runId, true),
  resumeRun: ({ actor, params }) => pauseRun(state, actor, params.runId, false),
  getRun: (request) => getRun(state, request),

  listRuns: async ({ em, actor, query }) => {
    // A device that asks for another one's runs sees none.
    if (actor.kind === 'agent' && query.agentId !== undefined && query.agentId !== actor.agentId) return { items: [], hasMore: false }
    const agentId = actor.kind === 'agent' ? actor.agentId : query.agentId
    const { items: rows, hasMore } = await listRunRows(em, { ...filterOf(query), agentId }, query.limit)
    const names = await deviceNames(em)
    const newest = (run: RunRow) => (isEndState(run.state) ? undefined : state.progress.get(run.id))
    return {
      items: rows.map((run) => presentRun(run, { deviceName: names.get(run.agentId) ?? '', newest: newest(run), withWarnings: false })),
      hasMore,
    }
  },

  getRunLogFile: ({ em, actor, params }) => getRunLogFile(state.database, em, actor, params.runId),
  getRunCurve: async ({ em, actor, params: { runId } }) => {
    await requireVisibleRun(em, actor, runId)
    return state.progress.get(runId)?.curve ?? emptyCurve
  },
  listRunEvents: async ({ em, actor, params: { runId }, query }) => {
    await requireVisibleRun(em, actor, runId)
    return readRunEvents(em, runId, query.after, query.limit)
  },

  getRunLog: ({ actor, params: { runId }, query }) =>
    // One sight of the database for both: who subscribes from `lastSeq` gets exactly the lines that are not in `items`.
    state.database.transaction(
      async (em) => {
        await requireVisibleRun(em, actor, runId)
        const { items, hasMore } = await readLog(em, runId, query.after, query.limit)
        return { items: items.map(presentLogLine), hasMore, lastSeq: await state.live.head(em, `run:${runId}`) }
      },
      { isolation: 'repeatable read', readOnly: true },
    ),
})
