import { isDeepStrictEqual } from 'node:util'
import { AppError, type Run, type RunId, type RunOrder, type RunRequest } from '@holdfast/shared-types'
import type { HubAccess } from './with-hub.ts'

/**
 * Asks the hub for a run of this device. One that waits already and asks for the very same is taken instead: somebody asked for it
 * while no agent ran, and it would stand in the way of every later one.
 */
export async function askForRun(
  { agent, client }: HubAccess,
  order: RunOrder,
  isAlike: (request: RunRequest) => boolean | Promise<boolean> = (request) => isSame(request, order),
): Promise<Run> {
  const { agentId } = agent.identity
  try {
    return await client.call('startRun', { params: { agentId }, body: order })
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'run.already-active') throw error
    let before: RunId | undefined
    for (;;) {
      const query = { agentId, kind: order.kind, active: 'true' as const, limit: 100, ...(before === undefined ? {} : { before }) }
      const { items, hasMore } = await client.call('listRuns', { query })
      for (const run of items) if (run.state === 'queued' && (await isAlike(run.request))) return run
      before = items.at(-1)?.id
      if (hasMore !== true || before === undefined) throw error
    }
  }
}

function isSame(request: RunRequest, order: RunOrder): boolean {
  if (request.kind !== 'backup') return isDeepStrictEqual(request, order)
  const { vaultId: _, ...asked } = request
  return isDeepStrictEqual(asked, order)
}
