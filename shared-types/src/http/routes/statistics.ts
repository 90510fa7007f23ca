import { z } from 'zod'
import { Statistics } from '../../model/statistics.ts'
import { AgentId } from '../../primitives/ids.ts'
import { route, type RouteContract } from '../route.ts'
import { v1 } from './parts.ts'

export const statisticsRoutes = {
  getDeviceStatistics: route({
    method: 'get',
    path: `${v1}/devices/{agentId}/statistics`,
    summary: 'How the runs of a device went lately',
    tag: 'Statistics',
    actor: 'any',
    params: z.object({ agentId: AgentId }),
    liveTopics: ['runs'],
    response: Statistics,
  }),

  getStatistics: route({
    method: 'get',
    path: `${v1}/statistics`,
    summary: 'The same over all devices',
    tag: 'Statistics',
    actor: 'user',
    liveTopics: ['runs'],
    response: Statistics,
  }),
} as const satisfies Record<string, RouteContract>
