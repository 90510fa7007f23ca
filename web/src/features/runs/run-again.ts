import type { Run, RunOrder } from '@holdfast/shared-types'

/** A sealed order is for one run: its device takes it once, and nobody but who can open the vault makes another. */
export const canRunAgain = ({ request }: Pick<Run, 'request'>): boolean =>
  request.kind !== 'restore' || request.sealedSelection === undefined

/** What to ask for to have the same done again. */
export function orderOf({ request }: Pick<Run, 'request'>): RunOrder {
  if (request.kind === 'verify') return request
  if (request.kind === 'restore') {
    const { fromAgentId: _, ...order } = request
    return order
  }
  const { vaultId: _, ...order } = request
  return order
}
