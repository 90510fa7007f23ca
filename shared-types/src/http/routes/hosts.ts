import { z } from 'zod'
import { HostCursor, HostPage, Measurement, MeasurementRequest } from '../../model/host.ts'
import { AgentId, MeasurementId } from '../../primitives/ids.ts'
import { route, type RouteContract } from '../route.ts'
import { Empty, pathQuery, v1 } from './parts.ts'

/** The live view of a device's disks: for people, never for devices. */
export const hostsRoutes = {
  listHostEntries: route({
    method: 'get',
    path: `${v1}/devices/{agentId}/host/entries`,
    summary: 'One folder of a device\u2019s disk as it is now, in pages; its roots without a path',
    tag: 'Devices',
    actor: 'user',
    params: z.object({ agentId: AgentId }),
    query: z.object({ ...pathQuery, after: HostCursor.optional(), limit: z.coerce.number().int().min(1).max(2000).default(500) }),
    response: HostPage,
  }),

  startMeasurement: route({
    method: 'post',
    path: `${v1}/devices/{agentId}/host/measurements`,
    summary: 'Count what a backup would hold; takes the place of the one you had there',
    tag: 'Devices',
    actor: 'user',
    params: z.object({ agentId: AgentId }),
    body: MeasurementRequest,
    response: Measurement,
    status: 201,
  }),

  /** Live on the topic `measurement:ID`. One that nobody asks for or listens to for 60 s is cancelled, and forgotten. */
  getMeasurement: route({
    method: 'get',
    path: `${v1}/devices/{agentId}/host/measurements/{measurementId}`,
    summary: 'The figures of a measurement so far',
    tag: 'Devices',
    actor: 'user',
    params: z.object({ agentId: AgentId, measurementId: MeasurementId }),
    response: Measurement,
  }),

  cancelMeasurement: route({
    method: 'delete',
    path: `${v1}/devices/{agentId}/host/measurements/{measurementId}`,
    summary: 'Stop a measurement',
    tag: 'Devices',
    actor: 'user',
    params: z.object({ agentId: AgentId, measurementId: MeasurementId }),
    response: Empty,
  }),
} as const satisfies Record<string, RouteContract>
