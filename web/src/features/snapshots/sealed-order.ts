import type { AgentId, RestoreRequest } from '@holdfast/shared-types'
import { inPageOf, type EntrySource } from './entry-source.ts'

/**
 * The order as the hub may see it: of a private vault it passes on what was chosen sealed, for the device alone. All of it is sealed, also an order for everything: the device
 * restores from a private vault what somebody with its keys has ordered, and as that was ordered.
 *
 * @throws ApiError `vault.private` where the vault is private and locked: what was chosen while it was open goes to nobody in the clear
 */
export async function sealedOrder(
  order: RestoreRequest,
  { isPrivate, source, agentId }: { readonly isPrivate: boolean; readonly source: EntrySource | null; readonly agentId: AgentId },
): Promise<RestoreRequest> {
  const inPage = inPageOf(source, isPrivate)
  if (inPage === null) return order
  const { kind, ...restore } = order
  const { include: _, ...open } = restore
  return { kind, ...open, paths: [], sealedSelection: await inPage.sealRestore(agentId, restore) }
}
