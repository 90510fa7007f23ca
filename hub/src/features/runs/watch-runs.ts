import { AppError, type AgentId, type RunId } from '@holdfast/shared-types'
import { isDatabaseUnavailable } from '../../platform/database/translate-driver-error.ts'
import { afterCommit } from '../../platform/database/unit-of-work.ts'
import { applyToRun, type RunChange } from './apply-to-run.ts'
import { tellAgent } from './cancel-run.ts'
import { queueTransaction } from './queue-transaction.ts'
import type { RunRow } from './run.entity.ts'
import type { RunsState } from './runs-state.ts'
import {
  findRun,
  followClock,
  listAgentsWithQueue,
  listCancelsUnconfirmed,
  listLeaseElapsed,
  listOverdue,
  renewLeases,
} from './runs.queries.ts'
import { isWriteDue, writeHeld } from './take-progress.ts'

/** An agent stops its worker within 5 s (protocol) and reports; three times that is silence. */
const cancelGraceMs = 15_000
/** The end of no lease. */
const later = new Date(8.64e15)

/** How often to look: often enough that nothing overstays by more than a quarter of its lease. */
export const watchEveryMs = (leaseMs: number): number => Math.min(5000, Math.max(50, leaseMs / 4))

/**
 * The clock jumped since the last look: somebody set it, or this machine slept. Leases and pauses were counted on it and mean nothing now,
 * and nobody could report meanwhile; so whoever holds a run gets its whole lease again, as after a restart of the hub.
 */
export async function settleClockJump(state: RunsState, lookedAtMs: number): Promise<void> {
  const missedMs = Math.abs(state.now() - lookedAtMs) - watchEveryMs(state.leaseMs)
  if (missedMs <= state.leaseMs / 2) return
  state.log.warn(
    { event: 'runs.clock-jumped', durationMs: Math.round(state.now() - lookedAtMs) },
    'The clock jumped; all leases begin anew',
  )
  const jumpedMs = Math.round(state.now() - lookedAtMs)
  for (const held of state.progress.values()) {
    held.movedAtMs = state.now()
    if (held.pausedAtMs !== null) held.pausedAtMs += jumpedMs
    if (held.waitsFor !== null) held.waitsFor = { ...held.waitsFor, sinceMs: held.waitsFor.sinceMs + jumpedMs }
  }
  await renewLeases(state.database.em(), new Date(state.now() + state.leaseMs))
  await followClock(state.database.em(), jumpedMs)
}

/** What only the passing of time brings: samples to the rows, leases to their end, runs out of time, silent cancels, offers after a pause. */
export async function watchRuns(state: RunsState): Promise<void> {
  // First: a sample in memory may have earned a lease that the row does not show yet.
  for (const [runId, held] of state.progress) {
    if (held.isUnwritten && isWriteDue(state, held)) await each(state, runId, () => writeHeld(state, runId, held))
  }
  const now = new Date(state.now())
  for (const runId of await listLeaseElapsed(state.database.em(), now))
    await each(state, runId, () =>
      move(state, runId, {
        input: { type: 'lease-elapsed' },
        stillHolds: (run) => (run.leaseExpiresAt ?? later) <= now && !isAlive(state, run),
      }),
    )
  for (const runId of await listOverdue(state.database.em(), now)) await each(state, runId, () => endOverdue(state, runId, now))
  const requestedBefore = new Date(state.now() - Math.min(cancelGraceMs, state.leaseMs))
  for (const runId of await listCancelsUnconfirmed(state.database.em(), requestedBefore))
    await each(state, runId, () => move(state, runId, { input: { type: 'cancel-unconfirmed' } }))
  const agents: AgentId[] = await listAgentsWithQueue(state.database.em(), now)
  for (const agentId of agents) if (state.agentLinks.isOnline(agentId)) state.offerSoon(agentId)
}

/** What is wrong with one run must not keep the others from being looked after; without a database there is nothing to look at. */
async function each(state: RunsState, runId: RunId, work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (isDatabaseUnavailable(error)) throw error
    // The run moved on by itself between the look and the lock.
    if (error instanceof AppError && error.code === 'run.not-found') return
    state.log.warn({ event: 'run.watch-failed', runId, err: error }, 'A run could not be looked after; trying again')
  }
}

/** Its agent has shown progress within a lease, which the row does not tell: the database was away when it should have been written. */
function isAlive(state: RunsState, run: Pick<RunRow, 'id' | 'fence'>): boolean {
  const held = state.progress.get(run.id)
  return held !== undefined && held.fence === run.fence && held.movedAtMs + state.leaseMs > state.now()
}

/** Its device is told as with a cancel, and silence is settled as there. */
async function endOverdue(state: RunsState, runId: RunId, now: Date): Promise<void> {
  await queueTransaction(state, async (em) => {
    const known = await findRun(em, runId)
    if (known === null) return
    const { run, step } = await applyToRun(state, em, runId, {
      input: { type: 'timed-out', isReachable: state.agentLinks.isOnline(known.agentId) },
      stillHolds: (row) => (row.deadlineAt ?? later) <= now && !row.timedOutAt && !row.pausedAt && !row.cancelRequestedAt,
      change: (row) => {
        row.timedOutAt = now
        if (!row.finishedAt) row.cancelRequestedAt = now
      },
    })
    if (step.kind === 'moved' && run.cancelRequestedAt) afterCommit(em, () => void tellAgent(state, run))
  })
}

const move = (state: RunsState, runId: RunId, change: RunChange): Promise<unknown> =>
  queueTransaction(state, (em) => applyToRun(state, em, runId, change))
