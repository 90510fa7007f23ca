import type { Run, RunOrder } from '@holdfast/shared-types'

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
