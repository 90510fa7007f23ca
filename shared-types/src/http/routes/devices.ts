import { z } from 'zod'
import { Device, DeviceLimitsChange, DeviceTags, HostFacts } from '../../model/device.ts'
import { VaultKind } from '../../model/vault.ts'
import { AgentId, DomainId, HubId, VaultId } from '../../primitives/ids.ts'
import { TimeMs } from '../../primitives/wire-path.ts'
import { route, type RouteContract } from '../route.ts'
import { Empty, list, v1 } from './parts.ts'

export const EnrolRequest = z.strictObject({
  token: z.string().min(20).max(200),
  name: z.string().min(1).max(120).optional(),
  host: HostFacts,
  version: z.string().max(40),
  /** Raw public keys, 32 bytes each. `boxSignature`: Ed25519 over the X25519 key, see docs/vault-format.md. */
  signPublicKey: z.base64url().length(43),
  boxPublicKey: z.base64url().length(43),
  boxSignature: z.base64url().length(86),
})
export type EnrolRequest = z.infer<typeof EnrolRequest>
export const EnrolAnswer = z
  .object({
    agentId: AgentId,
    name: z.string(),
    hubId: HubId,
    vaultId: VaultId,
    domainId: DomainId,
    /** `private`: the device waits until a person who can open the vault gives it the keys. */
    vaultKind: VaultKind.default('managed'),
  })
  .meta({ id: 'EnrolAnswer' })
export type EnrolAnswer = z.infer<typeof EnrolAnswer>

export const devicesRoutes = {
  createEnrolmentToken: route({
    method: 'post',
    path: `${v1}/enrolment-tokens`,
    summary: 'Make a single-use token for a new device',
    tag: 'Devices',
    actor: 'user',
    /** `vaultId`: where it will keep its backups; left out = the default vault. */
    body: z.strictObject({ name: z.string().min(1).max(120).optional(), vaultId: VaultId.optional() }),
    status: 201,
    response: z.object({ token: z.string(), expiresAtMs: TimeMs, hubUrl: z.string(), command: z.string() }),
  }),

  enrol: route({
    method: 'post',
    path: `${v1}/enrol`,
    summary: 'Join with an enrolment token',
    tag: 'Devices',
    actor: 'none',
    body: EnrolRequest,
    response: EnrolAnswer,
    status: 201,
  }),

  listDevices: route({
    method: 'get',
    path: `${v1}/devices`,
    summary: 'All devices in sight',
    tag: 'Devices',
    actor: 'any',
    liveTopics: ['devices'],
    response: list(Device),
  }),

  getDevice: route({
    method: 'get',
    path: `${v1}/devices/{agentId}`,
    summary: 'One device',
    tag: 'Devices',
    actor: 'any',
    params: z.object({ agentId: AgentId }),
    liveTopics: ['devices'],
    response: Device,
  }),

  updateDevice: route({
    method: 'patch',
    path: `${v1}/devices/{agentId}`,
    summary: 'Change the name, the tags (administrators) or the limits (operators) of a device; what is left out stays',
    tag: 'Devices',
    actor: 'user',
    params: z.object({ agentId: AgentId }),
    body: z
      .strictObject({
        name: z.string().trim().min(1).max(120).optional(),
        tags: DeviceTags.optional(),
        limits: DeviceLimitsChange.optional(),
      })
      .refine((change) => Object.values(change).some((value) => value !== undefined), 'Say what is to change: name, tags or limits'),
    response: Device,
  }),

  revokeDevice: route({
    method: 'post',
    path: `${v1}/devices/{agentId}/revoke`,
    summary: 'Cut a device off for good: its link and runs end and it is refused from now on; its snapshots stay',
    tag: 'Devices',
    actor: 'user',
    params: z.object({ agentId: AgentId }),
    response: Device,
  }),

  removeDevice: route({
    method: 'delete',
    path: `${v1}/devices/{agentId}`,
    summary: 'Remove a revoked device that has no snapshots, with its runs',
    tag: 'Devices',
    actor: 'user',
    params: z.object({ agentId: AgentId }),
    response: Empty,
  }),
} as const satisfies Record<string, RouteContract>
