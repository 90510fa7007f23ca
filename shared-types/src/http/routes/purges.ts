import { z } from 'zod'
import { Purge, PurgeOrder, PurgePreview, PurgeSelection } from '../../model/purge.ts'
import { VaultId } from '../../primitives/ids.ts'
import { route, type RouteContract } from '../route.ts'
import { list, v1 } from './parts.ts'

const purges = `${v1}/vaults/{vaultId}/purges`
const ofVault = z.object({ vaultId: VaultId })

export const purgesRoutes = {
  previewPurge: route({
    method: 'post',
    path: `${purges}/preview`,
    summary: 'What would leave all snapshots of a vault; changes nothing, and reads all their folder lists',
    tag: 'Purges',
    actor: 'user',
    params: ofVault,
    body: PurgeSelection,
    response: PurgePreview,
  }),

  startPurge: route({
    method: 'post',
    path: purges,
    summary: 'Take paths out of all snapshots of a vault, in the background',
    tag: 'Purges',
    actor: 'user',
    params: ofVault,
    body: PurgeOrder,
    response: Purge,
    status: 201,
  }),

  listPurges: route({
    method: 'get',
    path: purges,
    summary: 'Purges of a vault, newest first; the newest 100',
    tag: 'Purges',
    actor: 'user',
    liveTopics: ['snapshots'],
    params: ofVault,
    response: list(Purge),
  }),

  getPurge: route({
    method: 'get',
    path: `${purges}/{purgeId}`,
    summary: 'Where a purge stands',
    tag: 'Purges',
    actor: 'user',
    liveTopics: ['snapshots'],
    params: ofVault.extend({ purgeId: z.uuid() }),
    response: Purge,
  }),
} as const satisfies Record<string, RouteContract>
