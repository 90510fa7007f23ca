import type { AgentId, Run, Statistics } from '@holdfast/shared-types'
import { day, type World } from '../world.ts'
import type { AnswerParts, Answers } from './answers.ts'

const kinds = ['backup', 'restore', 'verify'] as const
const none = { succeeded: 0, warning: 0, failed: 0, cancelled: 0, expired: 0 }

function outcomes(runs: readonly Run[], withinMs: number) {
  const counted = { ...none }
  for (const { state, finishedAtMs } of runs)
    if (finishedAtMs !== null && finishedAtMs > Date.now() - withinMs && state in counted) counted[state as keyof typeof none] += 1
  return counted
}

/** Counts the runs of the world; days before them look like those of a fleet that is backed up every night. */
function statisticsOf(world: World, agentId: AgentId | null): Statistics {
  const runs = world.runs.filter((run) => run.finishedAtMs !== null && (agentId === null || run.agentId === agentId))
  const isBackedUp = world.devices.some(({ id, lastSnapshotAtMs }) => (agentId === null || id === agentId) && lastSnapshotAtMs !== null)
  const snapshots = world.snapshots.filter((snapshot) => agentId === null || snapshot.agentId === agentId)
  const share = agentId === null ? 1 : 0.2
  return {
    atMs: Date.now(),
    kinds: kinds.map((kind) => {
      const ofKind = runs.filter((run) => run.kind === kind)
      const last30Days = outcomes(ofKind, 30 * day)
      const isMany = kind === 'backup' && isBackedUp
      return {
        kind,
        last24Hours: outcomes(ofKind, day),
        last7Days: outcomes(ofKind, 7 * day),
        last30Days: isMany ? { ...last30Days, succeeded: last30Days.succeeded + Math.round(140 * share) } : last30Days,
        averageDurationMs: isMany ? 311_000 : null,
      }
    }),
    lastSuccesses: [],
    days: Array.from({ length: 30 }, (_, index) => {
      const bytesStored = isBackedUp ? Math.round((2.1 + 1.7 * Math.sin(index * 1.9) + (index % 7 === 4 ? 6.5 : 0)) * 2 ** 30 * share) : 0
      const date = new Date(Date.now() - (29 - index) * day).toISOString().slice(0, 10)
      return { day: date, backups: isBackedUp ? 5 : 0, bytesRead: bytesStored * 4, bytesStored: Math.max(0, bytesStored) }
    }),
    snapshots: { count: snapshots.length, oldestAtMs: null, newestAtMs: null },
  }
}

export const statisticsAnswers = ({ world }: AnswerParts): Answers => ({
  getStatistics: () => statisticsOf(world, null),
  getDeviceStatistics: ({ params }) => statisticsOf(world, params.agentId),
})
