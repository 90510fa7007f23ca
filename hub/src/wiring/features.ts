import type { IncomingHttpHeaders } from 'node:http'
import type { AgentId, DrillSample, RunId, SnapshotId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { createAgents, deviceNames, findAgent, type Agents } from '../features/agents/index.ts'
import { createApiTokens, type ApiTokens } from '../features/api-tokens/index.ts'
import { createAudit } from '../features/audit/index.ts'
import { createAuth, type Auth } from '../features/auth/index.ts'
import { createEnrolment } from '../features/enrolment/index.ts'
import { createPlans } from '../features/plans/index.ts'
import { createHosts, type Hosts } from '../features/hosts/index.ts'
import {
  createRuns,
  getRunForAgent,
  lastOutcomes,
  lastProofs,
  lastVerifications,
  listReadingRuns,
  runFigures,
  runsLike,
  type Runs,
  type RunSnapshots,
} from '../features/runs/index.ts'
import { createPeople } from '../features/people/index.ts'
import { createSnapshots } from '../features/snapshots/index.ts'
import { createStatistics } from '../features/statistics/index.ts'
import { createSystem } from '../features/system/index.ts'
import { createVaults, type Vaults } from '../features/vaults/index.ts'
import type { Actor } from '../platform/http/actor.ts'
import type { Feature } from '../platform/http/define-feature.ts'
import type { CertificateState } from '../platform/http/kept-certificate.ts'
import type { LogFileState } from '../platform/logging/log-file.ts'
import type { HubServices } from '../platform/services.ts'

export interface WiredFeatures {
  /** In the order they start; they stop the other way round. */
  readonly list: readonly Feature[]
  readonly auth: Auth
  readonly apiTokens: ApiTokens
  readonly agents: Agents
  readonly runs: Runs
  readonly hosts: Hosts
}

export interface WiringOptions {
  readonly hubVersion: string
  readonly cookieName: string
  /** Who sends these headers. */
  readonly resolveActor: (headers: IncomingHttpHeaders, address: string) => Promise<Actor>
  readonly logFile: { readonly state: LogFileState } | null
  readonly certificate: { readonly state: CertificateState } | null
}

/** Every feature of the hub, each with what it needs of the others. */
export function wireFeatures(services: HubServices, { cookieName, ...system }: WiringOptions): WiredFeatures {
  // Vaults ask runs and runs ask snapshots, so one of the two doors opens when both are there.
  const runsDoor = {
    getRunForAgent,
    listReadingRuns,
    lastVerifications,
    orderDrill: (agentId: AgentId, snapshotId: SnapshotId, sample: DrillSample) => runs.orderDrill(agentId, snapshotId, sample),
    runsLike,
    markCommitting: (em: EntityManager, runId: RunId, fence: number) => runs.markCommitting(em, runId, fence),
  }
  const auth = createAuth(services, cookieName)
  const vaults = createVaults(services, { runs: runsDoor, agents: { findAgent, deviceNames }, people: auth })
  const runs = createRuns(services, snapshotsOfRuns(vaults))
  const hosts = createHosts(services)
  const agents = createAgents(services, {
    newestSnapshots: (em) => newestSnapshots(vaults, em),
    lastOutcomes,
    lastProofs,
    endRuns: (em, agentId, by) => runs.endRunsOfDevice(em, agentId, by),
    hasSnapshots: async (em, agentId) => (await vaults.snapshots.newest(em, { visibleTo: agentId })).length > 0,
  })
  const apiTokens = createApiTokens(services)
  const list: Feature[] = [
    createSystem(services, {
      ...system,
      vaultsWithoutRecoveryKey: (em) => vaults.vaultsWithoutRecoveryKey(em),
      healthChecks: () => Object.assign({}, ...list.map((feature) => feature.healthChecks ?? {})),
    }),
    auth.feature,
    apiTokens.feature,
    createPeople(services),
    createAudit(services),
    vaults.feature,
    createSnapshots({ vaults, devices: { deviceNames } }).feature,
    agents.feature,
    createEnrolment(services, { vaults }),
    runs.feature,
    createPlans(services, runs.ofPlans),
    hosts.feature,
    createStatistics(services, { runFigures, snapshotFigures: (em, agentId) => vaults.snapshots.figures(em, agentId) }),
  ]
  return { list, auth, apiTokens, agents, runs, hosts }
}

const snapshotsOfRuns = (vaults: Vaults): RunSnapshots => ({
  committedBy: (em, runId) => vaults.snapshots.ofRun(em, runId),
  async find(em, snapshotId) {
    const snapshot = await vaults.snapshots.find(em, snapshotId)
    return snapshot?.state === 'committed' ? snapshot : null
  },
})

async function newestSnapshots(vaults: Vaults, em: EntityManager) {
  const newest = await vaults.snapshots.newest(em, { visibleTo: null })
  return new Map(newest.map(({ agentId, receivedAtMs }) => [agentId, receivedAtMs]))
}
