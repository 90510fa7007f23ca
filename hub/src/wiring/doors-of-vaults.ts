import {
  deviceNames,
  findAgent,
  findNamedDevice,
  listOfVault,
  listRevoked,
  listWaiting,
  noteKeysAwaited,
  noteKeysGiven,
} from '../features/agents/index.ts'
import type { Auth } from '../features/auth/index.ts'
import type { Plans } from '../features/plans/index.ts'
import type { Retention } from '../features/retention/index.ts'
import { auditOf, getRunForAgent, lastVerifications, listReadingRuns, openAudits, runsLike, type Runs } from '../features/runs/index.ts'
import type { VaultHealersDoor, VaultsDoors } from '../features/vaults/index.ts'
import type { HubServices } from '../platform/services.ts'

/** Made after vaults. */
export interface LaterFeatures {
  runs(): Runs
  retention(): Retention
  healing(): Plans['healing']
}

/** What vaults ask of others. */
export const doorsOfVaults = (
  { live, agentLinks }: Pick<HubServices, 'live' | 'agentLinks'>,
  people: Auth,
  later: LaterFeatures,
): VaultsDoors => ({
  runs: {
    getRunForAgent,
    listReadingRuns,
    lastVerifications,
    orderDrill: (agentId, snapshotId, sample) => later.runs().orderDrill(agentId, snapshotId, sample),
    auditOf,
    openAudits,
    orderAudit: (agentId, snapshotId, fromAgentId) => later.runs().orderAudit(agentId, snapshotId, fromAgentId),
    runsLike,
    markCommitting: (em, runId, fence) => later.runs().markCommitting(em, runId, fence),
  },
  agents: {
    findAgent,
    findNamedDevice,
    deviceNames,
    listOfVault,
    listRevoked,
    listWaiting,
    keysGiven: (em, agentId) => noteKeysGiven(em, live, agentId),
    keysAwaited: (em, agentId, boxSignature) => noteKeysAwaited(em, live, agentId, boxSignature),
  },
  people,
  // Plans of all vaults at once: what let nothing go a moment ago finds nothing the second time.
  retention: { apply: async () => void (await later.retention().applyRetention()) },
  healers: healersBy(agentLinks, () => later.healing()),
})

const healersBy = (agentLinks: HubServices['agentLinks'], healing: () => Plans['healing']): VaultHealersDoor => ({
  isOnline: (agentId) => agentLinks.isOnline(agentId),
  worksOf: (em, agentId, made) => healing().worksOf(em, agentId, made),
  openHeals: (em) => healing().openHeals(em),
  order: (work) => healing().order(work),
})
