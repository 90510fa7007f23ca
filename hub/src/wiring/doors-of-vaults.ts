import { deviceNames, findAgent, listOfVault, listRevoked, listWaiting, noteKeysGiven } from '../features/agents/index.ts'
import type { Auth } from '../features/auth/index.ts'
import type { Retention } from '../features/retention/index.ts'
import { auditOf, getRunForAgent, lastVerifications, listReadingRuns, openAudits, runsLike, type Runs } from '../features/runs/index.ts'
import type { VaultsDoors } from '../features/vaults/index.ts'
import type { LiveLog } from '../platform/events/live-log.ts'

/** Made after vaults. */
export interface LaterFeatures {
  runs(): Runs
  retention(): Retention
}

/** What vaults ask of others. */
export const doorsOfVaults = (live: LiveLog, people: Auth, later: LaterFeatures): VaultsDoors => ({
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
    deviceNames,
    listOfVault,
    listRevoked,
    listWaiting,
    keysGiven: (em, agentId) => noteKeysGiven(em, live, agentId),
  },
  people,
  // Plans of all vaults at once: what let nothing go a moment ago finds nothing the second time.
  retention: { apply: async () => void (await later.retention().applyRetention()) },
})
