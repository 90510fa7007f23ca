import type { AgentId, DamagedPath, VaultId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { AgentsDoor } from '../doors/doors.ts'
import { wirePathOf } from '../contents/snapshot-facts.ts'
import { pageDamagedPaths } from '../tables/damage.queries.ts'

/** In the order in which they were named. */
export async function listDamagedPaths(
  { agents }: { readonly agents: AgentsDoor },
  em: EntityManager,
  vaultId: VaultId,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<{ items: DamagedPath[]; hasMore: boolean }> {
  const lines = await pageDamagedPaths(em, vaultId, after, limit + 1)
  const names: ReadonlyMap<AgentId, string> = await agents.deviceNames(em)
  const items = lines.slice(0, limit).map(({ id, snapshotId, agentId, host, receivedAtMs, path, isFolder, isLost, outlook }) => ({
    id,
    snapshotId,
    agentId,
    deviceName: names.get(agentId) ?? host,
    createdAtMs: receivedAtMs,
    ...wirePathOf(path),
    isFolder,
    healing: isLost ? (outlook ?? null) : ('healed' as const),
  }))
  return { items, hasMore: lines.length > limit }
}
