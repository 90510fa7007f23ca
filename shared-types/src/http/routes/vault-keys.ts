import { z } from 'zod'
import { Device } from '../../model/device.ts'
import { Vault } from '../../model/vault.ts'
import { AgentId, DomainId, VaultId } from '../../primitives/ids.ts'
import { TimeMs } from '../../primitives/wire-path.ts'
import { route, type RouteContract } from '../route.ts'
import { Empty, list, v1 } from './parts.ts'

const oneVault = `${v1}/vaults/{vaultId}`
const ofVault = z.object({ vaultId: VaultId })
/** Of a key slot in the store: names it, and opens nothing. */
export const SlotId = z.string().regex(/^[0-9a-f]{32}$/)
/** An object of a vault as it is stored (docs/vault-format.md): JSON of some hundred bytes, or 152 bytes of a key slot. */
const ObjectBytes = z.base64url().min(1).max(20_000)
const SlotObject = z.object({ slotId: SlotId, bytes: z.base64url().length(203) })
const PublicKey = z.base64url().length(43)
const CurrentPassword = z.string().max(1024).optional()

/** Private vaults: made and opened where a person types the passphrase; here travels what only they can open. */
export const vaultKeysRoutes = {
  createVault: route({
    method: 'post',
    path: `${v1}/vaults`,
    summary: 'Take on a private vault: its first objects, made by who holds its keys',
    tag: 'Vaults',
    actor: 'user',
    body: z.strictObject({
      name: z.string().trim().min(1).max(120),
      vaultId: VaultId,
      domainId: DomainId,
      vaultFile: ObjectBytes,
      /** One of a passphrase, one of recovery words. */
      slots: z.array(z.strictObject(SlotObject.shape)).length(2),
      /** 32 bytes by which the hub signs what it states, and nothing else; derived from the master key, which they do not tell. */
      hubKey: z.base64url().length(43),
      /** Of the account that asks, unless it has none. */
      currentPassword: CurrentPassword,
    }),
    response: Vault,
    status: 201,
  }),

  /** Of a managed vault only slots of recovery words. */
  getKeyObjects: route({
    method: 'get',
    path: `${oneVault}/key-objects`,
    summary: 'What it takes, with a passphrase or recovery words, to open a vault without the hub',
    tag: 'Vaults',
    actor: 'user',
    params: ofVault,
    response: z.object({
      vaultFile: ObjectBytes,
      slots: z.array(SlotObject.extend({ kind: z.enum(['passphrase', 'recovery-words']) })),
      /** Null = the device waits for its keys. */
      agents: z.array(z.object({ agentId: AgentId, agentObject: ObjectBytes.nullable() })),
    }),
  }),

  addKeySlot: route({
    method: 'post',
    path: `${oneVault}/key-slots`,
    summary: 'Store another way to open a private vault, of a passphrase or recovery words',
    tag: 'Vaults',
    actor: 'user',
    params: ofVault,
    body: z.strictObject({ ...SlotObject.shape, currentPassword: CurrentPassword }),
    response: Empty,
    status: 201,
  }),

  removeKeySlot: route({
    method: 'post',
    path: `${oneVault}/key-slots/{slotId}/remove`,
    summary: 'Remove a passphrase or recovery words of a private vault; the last of either stays',
    tag: 'Vaults',
    actor: 'user',
    params: ofVault.extend({ slotId: SlotId }),
    body: z.strictObject({ currentPassword: CurrentPassword }),
    response: Empty,
  }),

  listWaitingDevices: route({
    method: 'get',
    path: `${oneVault}/waiting-devices`,
    summary: 'Devices that wait for the keys of a private vault',
    tag: 'Vaults',
    actor: 'user',
    params: ofVault,
    liveTopics: ['devices'],
    response: list(
      z.object({
        agentId: AgentId,
        name: z.string(),
        domainId: DomainId,
        /** Raw keys, 32 bytes each; `boxSignature`: Ed25519 over the X25519 key. A person who has the device before them compares its fingerprint. */
        signPublicKey: PublicKey,
        boxPublicKey: PublicKey,
        boxSignature: z.base64url().length(86),
        /** Of both keys: 20 hex digits in groups of four. Compute it from the keys: this is the hub\u2019s word. */
        fingerprint: z.string(),
        enrolledAtMs: TimeMs,
      }),
    ),
  }),

  giveDeviceKeys: route({
    method: 'put',
    path: `${oneVault}/devices/{agentId}/keys`,
    summary: 'Let a device into a private vault: its agent object, and the keys of its domain sealed to it; the same again is accepted',
    tag: 'Vaults',
    actor: 'user',
    params: ofVault.extend({ agentId: AgentId }),
    body: z.strictObject({ agentObject: ObjectBytes, sealedDomainKeys: z.base64url().length(236) }),
    response: Device,
  }),
} as const satisfies Record<string, RouteContract>
