import type { IncomingHttpHeaders } from 'node:http'
import type { AgentId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { createAgents, deviceNames, type Agents, type LastSeenHost } from '../features/agents/index.ts'
import { createApiTokens, type ApiTokens } from '../features/api-tokens/index.ts'
import { createAudit } from '../features/audit/index.ts'
import { createAuth, type Auth } from '../features/auth/index.ts'
import { createEnrolment } from '../features/enrolment/index.ts'
import { createPlans } from '../features/plans/index.ts'
import { createHosts, type Hosts } from '../features/hosts/index.ts'
import {
  createRuns,
  lastOutcomes,
  lastProofs,
  listReadingRuns,
  plansOfRuns,
  runFigures,
  type Runs,
  type RunSnapshots,
} from '../features/runs/index.ts'
import { createRetention, type Retention } from '../features/retention/index.ts'
import { createPeople } from '../features/people/index.ts'
import { createSelfBackups } from '../features/self-backups/index.ts'
import { createSnapshots } from '../features/snapshots/index.ts'
import { createStatistics } from '../features/statistics/index.ts'
import { createSystem } from '../features/system/index.ts'
import { createVaults, type Vaults } from '../features/vaults/index.ts'
import type { AuditTrail } from '../platform/audit/audit-trail.ts'
import type { Actor } from '../platform/http/actor.ts'
import type { Feature } from '../platform/http/define-feature.ts'
import type { CertificateState } from '../platform/http/kept-certificate.ts'
import type { LogFileState } from '../platform/logging/log-file.ts'
import type { HubServices } from '../platform/services.ts'
import { doorsOfVaults } from './doors-of-vaults.ts'

export interface WiredFeatures {
  /** In the order they start; they stop the other way round. */
  readonly list: readonly Feature[]
  readonly auth: Auth
  readonly apiTokens: ApiTokens
  readonly agents: Agents
  readonly runs: Runs
  readonly hosts: Hosts
  readonly retention: Retention
}

export interface WiringOptions {
  readonly hubVersion: string
  readonly cookieName: string
  /** Who sends these headers. */
  readonly resolveActor: (headers: IncomingHttpHeaders, address: string) => Promise<Actor>
  readonly logFile: { readonly state: LogFileState } | null
  readonly certificate: { readonly state: CertificateState } | null
  readonly audit: AuditTrail
}

/** Every feature of the hub, each with what it needs of the others. */
export function wireFeatures(services: HubServices, { cookieName, audit, ...system }: WiringOptions): WiredFeatures {
  const auth = createAuth(services, cookieName)
  // Vaults ask runs and plans, and runs ask snapshots, so the doors of vaults open when all are there.
  const later = { runs: () => runs, retention: () => retention, healing: () => plans.healing }
  const vaults = createVaults(services, doorsOfVaults(services, auth, later))
  const runs = createRuns(services, snapshotsOfRuns(vaults))
  const plans = createPlans(services, runs.ofPlans, vaults)
  const hosts = createHosts(services)
  const agents = createAgents(services, {
    newestSnapshots: (em) => newestSnapshots(vaults, em),
    lastOutcomes,
    lastProofs,
    registeredAgents: (which) => vaults.registeredAgents(which),
    lastSeenHosts: (em) => lastSeenHosts(vaults, em),
    endRuns: (em, agentId, by) => runs.endRunsOfDevice(em, agentId, by),
    hasSnapshots: async (em, agentId) => (await vaults.snapshots.newest(em, { visibleTo: agentId })).length > 0,
  })
  const retention = createRetention(services, { vaults, audit, plansOfRuns, listReadingRuns })
  const apiTokens = createApiTokens(services)
  const selfBackups = createSelfBackups(services, { hubVersion: system.hubVersion, shelf: vaults.selfBackups })
  const list: Feature[] = [
    createSystem(services, {
      ...system,
      selfBackup: { newestAtMs: () => selfBackups.newestAtMs() },
      vaultsWithoutRecoveryKey: (em) => vaults.vaultsWithoutRecoveryKey(em),
      untaken: () => vaults.untaken(),
      healthChecks: () => Object.assign({}, ...list.map((feature) => feature.healthChecks ?? {})),
    }),
    auth.feature,
    apiTokens.feature,
    createPeople({ ...services, provePassword: (...proof) => auth.provePassword(...proof) }),
    createAudit(services),
    vaults.feature,
    createSnapshots({ vaults, devices: { deviceNames } }).feature,
    agents.feature,
    createEnrolment(services, { vaults }),
    runs.feature,
    plans.feature,
    retention.feature,
    hosts.feature,
    selfBackups.feature,
    createStatistics(services, { runFigures, snapshotFigures: (em, agentId) => vaults.snapshots.figures(em, agentId) }),
  ]
  return { list, auth, apiTokens, agents, runs, hosts, retention }
}

const snapshotsOfRuns = (vaults: Vaults): RunSnapshots => ({
  async committedBy(em, runId) {
    const snapshot = await vaults.snapshots.ofRun(em, runId)
    return snapshot && { ...snapshot, status: snapshot.status ?? 'complete-with-errors' }
  },
  async find(em, snapshotId) {
    const snapshot = await vaults.snapshots.find(em, snapshotId)
    return snapshot?.state === 'committed' ? { ...snapshot, isSealed: vaults.isPrivate(snapshot.vaultId) } : null
  },
})

async function lastSeenHosts(vaults: Vaults, em: EntityManager): Promise<ReadonlyMap<AgentId, LastSeenHost>> {
  const newest = await vaults.snapshots.newest(em, { visibleTo: null })
  return new Map(newest.map(({ agentId, host, system }) => [agentId, { host, system }]))
}

async function newestSnapshots(vaults: Vaults, em: EntityManager) {
  const newest = await vaults.snapshots.newest(em, { visibleTo: null })
  return new Map(newest.map(({ agentId, receivedAtMs }) => [agentId, receivedAtMs]))
}
