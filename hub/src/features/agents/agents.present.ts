import type { Device } from '@holdfast/shared-types'
import type { AgentRow } from './agent.entity.ts'
import { limitsOf } from './agents.queries.ts'

export const presentDevice = (agent: AgentRow): Device => ({
  id: agent.id,
  name: agent.name,
  host: agent.host,
  version: agent.version,
  online: agent.online,
  lastSeenAtMs: agent.lastSeenAt?.getTime() ?? null,
  enrolledAtMs: agent.enrolledAt.getTime(),
  vaultId: agent.vaultId,
  domainId: agent.domainId,
  waitsForKeys: (agent.awaitingSignature ?? null) !== null,
  lastSnapshotAtMs: agent.lastSnapshotAt?.getTime() ?? null,
  lastProvedAtMs: agent.lastProvedAt?.getTime() ?? null,
  lastRunStatus: agent.lastRunStatus ?? null,
  revokedAtMs: agent.revokedAt?.getTime() ?? null,
  tags: agent.tags,
  limits: limitsOf(agent),
})
