import type { AgentId, RestoreRequest } from '@holdfast/shared-types'
import type { EntrySource } from './entry-source.ts'
import type { SnapshotPath } from './snapshot-path.ts'

/**
 * The order as the hub may see it: of a private vault it passes on what was chosen sealed, for the device alone. An order for everything has
 * nothing to hide.
 */
export async function sealedOrder(
  order: RestoreRequest,
  paths: readonly SnapshotPath[],
  { source, agentId }: { readonly source: EntrySource | null; readonly agentId: AgentId },
): Promise<RestoreRequest> {
  const { include, ...rest } = order
  const inPage = source?.inPage ?? null
  if (inPage === null || (paths.length === 0 && include === undefined)) return order
  return { ...rest, paths: [], sealedSelection: await inPage.sealRestore(agentId, { paths, include: include ?? [] }) }
}
