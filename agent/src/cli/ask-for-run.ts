import { isDeepStrictEqual } from 'node:util'
import { AppError, type Run, type RunOrder, type RunRequest } from '@holdfast/shared-types'
import type { HubAccess } from './with-hub.ts'

/**
 * Asks the hub for a run of this device. One that waits already and asks for the very same is taken instead: somebody asked for it
 * while no agent ran, and it would stand in the way of every later one.
 */
export async function askForRun({ agent, client }: HubAccess, order: RunOrder): Promise<Run> {
  const { agentId } = agent.identity
  try {
    return await client.call('startRun', { params: { agentId }, body: order })
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'run.already-active') throw error
    const { items } = await client.call('listRuns', { query: { agentId, kind: order.kind, active: 'true', limit: 100 } })
    const waiting = items.find((run) => run.state === 'queued' && isSame(run.request, order))
    if (waiting === undefined) throw error
    return waiting
  }
}

function isSame(request: RunRequest, order: RunOrder): boolean {
  if (request.kind !== 'backup') return isDeepStrictEqual(request, order)
  const { vaultId: _, ...asked } = request
  return isDeepStrictEqual(asked, order)
}
