import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentId, DrillSample, SnapshotId, Topic } from '@holdfast/shared-types'
import { RunId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { KnownActor } from '../../platform/http/actor.ts'
import type { Feature } from '../../platform/http/define-feature.ts'
import type { HubServices } from '../../platform/services.ts'
import { tellAgent } from './cancel-run.ts'
import { endRunsOfDevice } from './end-runs-of-device.ts'
import { finishRun } from './finish-run.ts'
import { offerRuns } from './offer-runs.ts'
import { orderAudit } from './order-audit.ts'
import { orderDrill } from './order-drill.ts'
import { planRuns } from './plan-runs.ts'
import { markCommitting, type RunRecord } from './run-doors.ts'
import { RunEnds } from './run-ends.ts'
import { requireVisibleRun } from './require-visible-run.ts'
import { runRoutes } from './runs.routes.ts'
import type { RunSnapshots, RunsState } from './runs-state.ts'
import { listCancelling, renewLeases } from './runs.queries.ts'
import { settleHello } from './settle-hello.ts'
import { takeLog } from './take-log.ts'
import { takeProgress, writeHeld } from './take-progress.ts'
import { settleClockJump, watchEveryMs, watchRuns } from './watch-runs.ts'

export interface Runs {
  readonly feature: Feature
  markCommitting(em: EntityManager, runId: RunId, fence: number): Promise<RunRecord>
  /** What plans ask of runs. */
  readonly ofPlans: ReturnType<typeof planRuns>
  /** Asks a device to restore a sample of its own snapshot. @throws AppError `agent.not-found`, `run.already-active` */
  orderDrill(agentId: AgentId, snapshotId: SnapshotId, sample: DrillSample): Promise<void>
  /** Asks a device to look through a snapshot of a private vault. @throws AppError `agent.not-found`, `run.already-active` */
  orderAudit(agentId: AgentId, snapshotId: SnapshotId, fromAgentId: AgentId | null): Promise<void>
  /** Ends every run of a device that is revoked, in the transaction of `em`. */
  endRunsOfDevice(em: EntityManager, agentId: AgentId, by: string): Promise<void>
  /** The rule of `getRun` for the topic of a run. @throws AppError `run.not-found` */
  requireTopic(actor: KnownActor, topic: Topic): Promise<void>
}

export function createRuns(services: HubServices, snapshots: RunSnapshots): Runs {
  const state: RunsState = {
    ...services,
    leaseMs: services.config.leaseMs,
    snapshots,
    progress: new Map(),
    ends: new RunEnds(services.domainEvents),
    offerSoon: (agentId) => offering.soon(agentId),
  }
  const offering = oneAtATime(
    (agentId) => offerRuns(state, agentId),
    (error) => state.log.warn({ event: 'run.offer-failed', err: error }, 'Runs could not be offered; trying again later'),
  )
  const watch = watchWhileOpen(state)
  return {
    feature: {
      name: 'runs',
      routes: runRoutes(state),
      agentReports: {
        'run.progress': ({ agentId, body }) => takeProgress(state, agentId, body),
        'run.log': async ({ agentId, body }) => {
          await takeLog(state, agentId, body)
          return {}
        },
        'run.finished': async ({ agentId, body }) => {
          await finishRun(state, agentId, body)
          return {}
        },
      },
      agentLink: {
        onHello: (em, agentId, hello) => settleHello(state, em, agentId, hello),
        async onLinked(agentId) {
          for (const run of await listCancelling(state.database.em(), agentId)) await tellAgent(state, run)
          state.offerSoon(agentId)
        },
      },
      async start() {
        await renewLeases(state.database.em(), new Date(state.now() + state.leaseMs))
        watch.start()
      },
      letGo: () => state.ends.close(),
      async stop() {
        await watch.stop()
        await offering.idle()
        for (const [runId, held] of state.progress) if (held.isUnwritten) await writeHeld(state, runId, held)
      },
    },
    ofPlans: planRuns(state),
    markCommitting: (em, runId, fence) => markCommitting(state, em, runId, fence),
    orderDrill: (agentId, snapshotId, sample) => orderDrill(state, agentId, snapshotId, sample),
    orderAudit: (agentId, snapshotId, fromAgentId) => orderAudit(state, agentId, snapshotId, fromAgentId),
    endRunsOfDevice: (em, agentId, by) => endRunsOfDevice(state, em, agentId, by),
    async requireTopic(actor, topic) {
      if (topic.startsWith('run:')) await requireVisibleRun(state.database.em(), actor, RunId.parse(topic.slice('run:'.length)))
    },
  }
}

/** Work per agent, never two at once; what is asked while it runs makes it run once more. */
function oneAtATime(work: (agentId: AgentId) => Promise<void>, onError: (error: unknown) => void) {
  const underWay = new Map<AgentId, { isAskedAgain: boolean; done: Promise<void> }>()
  const soon = (agentId: AgentId): void => {
    const current = underWay.get(agentId)
    if (current) {
      current.isAskedAgain = true
      return
    }
    const entry = { isAskedAgain: false, done: Promise.resolve() }
    underWay.set(agentId, entry)
    entry.done = work(agentId)
      .catch(onError)
      .finally(() => {
        underWay.delete(agentId)
        if (entry.isAskedAgain) soon(agentId)
      })
  }
  return {
    soon,
    async idle() {
      await Promise.all([...underWay.values()].map((entry) => entry.done))
    },
  }
}

/** Looks again and again until it is stopped; a failed look is the next one's to mend. */
function watchWhileOpen(state: RunsState) {
  const stopping = new AbortController()
  let loop: Promise<void> = Promise.resolve()
  let lookedAtMs = state.now()
  const look = async (): Promise<void> => {
    await settleClockJump(state, lookedAtMs)
    lookedAtMs = state.now()
    await watchRuns(state)
  }
  const run = async (): Promise<void> => {
    lookedAtMs = state.now()
    while (!stopping.signal.aborted) {
      await look().catch((error: unknown) =>
        state.log.warn({ event: 'runs.watch-failed', err: error }, 'Leases could not be looked after; trying again'),
      )
      await sleep(watchEveryMs(state.leaseMs), undefined, { signal: stopping.signal, ref: false }).catch(() => undefined) // Only the abort rejects.
    }
  }
  return {
    start: () => void (loop = run()),
    async stop() {
      stopping.abort()
      await loop
    },
  }
}
