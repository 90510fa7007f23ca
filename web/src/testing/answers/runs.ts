import type { Run } from '@holdfast/shared-types'
import { aBackupRun, type World } from '../world.ts'
import { found, type AnswerParts, type Answers, type Asked } from './answers.ts'

const listed = (run: Run): Run => ({ ...run, warnings: [] })

function orderedRun(world: World, { params, body }: Asked<'startRun'>): Run {
  const device = found(
    world.devices.find(({ id }) => id === params.agentId),
    'agent.not-found',
  )
  const run = aBackupRun(device)
  const request = body.kind === 'backup' ? { ...body, vaultId: device.vaultId } : body
  return { ...run, kind: body.kind, request, requestedBy: world.user.name }
}

export function runsAnswers({ world, seqOf, onRun }: AnswerParts): Answers {
  function changed(runId: Run['id'], change: Partial<Run>): Run {
    const run = {
      ...found(
        world.runs.find(({ id }) => id === runId),
        'run.not-found',
      ),
      ...change,
    }
    onRun(run)
    return run
  }
  return {
    startRun(asked) {
      const run = orderedRun(world, asked)
      world.runs.unshift(run)
      onRun(run)
      return run
    },
    listRuns({ query }) {
      const isActive = ({ state }: Run) => ['queued', 'offered', 'running', 'committing'].includes(state)
      const items = world.runs
        .filter((run) => query.agentId === undefined || run.agentId === query.agentId)
        .filter((run) => query.kind === undefined || run.kind === query.kind)
        .filter((run) => query.planId === undefined || run.planId === query.planId)
        .filter((run) => query.active === undefined || isActive(run) === (query.active === 'true'))
        .filter((run) => query.state === undefined || [query.state].flat().includes(run.state))
        .filter(({ createdAtMs }) => createdAtMs >= (query.createdAfterMs ?? 0) && createdAtMs < (query.createdBeforeMs ?? Infinity))
        .toSorted((a, b) => b.createdAtMs - a.createdAtMs || (a.id < b.id ? 1 : -1))
      const from = items.findIndex(({ id }) => id === query.before) + 1
      return { items: items.slice(from, from + query.limit).map(listed), hasMore: items.length > from + query.limit }
    },
    getRun: ({ params }) =>
      found(
        world.runs.find(({ id }) => id === params.runId),
        'run.not-found',
      ),
    getRunLog({ params, query }) {
      const run = found(
        world.runs.find(({ id }) => id === params.runId),
        'run.not-found',
      )
      const items = (world.logs.get(run.id) ?? []).filter(({ seq }) => seq > query.after).slice(0, query.limit)
      return { items, lastSeq: seqOf(`run:${run.id}`) }
    },
    listRunEvents: ({ params, query }) => ({
      items: (world.runEvents.get(params.runId) ?? []).filter(({ n }) => n > query.after),
      hasMore: false,
    }),
    getRunCurve: ({ params }) => world.runCurves.get(params.runId) ?? { items: [], spacingMs: 1000 },
    pauseRun: ({ params }) => changed(params.runId, { pausedAtMs: Date.now() }),
    resumeRun: ({ params }) => changed(params.runId, { pausedAtMs: null }),
    cancelRun({ params }) {
      const error = { code: 'run.cancelled', message: 'The run was cancelled.', cure: 'Start it again when you like.' }
      return changed(params.runId, { state: 'cancelled', finishedAtMs: Date.now(), error })
    },
  }
}
