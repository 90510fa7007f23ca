import { randomUUID, verify } from 'node:crypto'
import {
  AgentId,
  AppError,
  type DomainId,
  type EnrolAnswer,
  type EnrolRequest,
  type HubId,
  type VaultId,
  type VaultKind,
} from '@holdfast/shared-types'
import { tellAudit } from '../../platform/audit/audit-scope.ts'
import type { Database } from '../../platform/database/database.ts'
import { afterCommit } from '../../platform/database/unit-of-work.ts'
import type { DomainEventBus } from '../../platform/events/domain-events.ts'
import type { LiveLog } from '../../platform/events/live-log.ts'
import { ed25519PublicKey } from '../../platform/http/ed25519-public-key.ts'
import { insertAgent, tellDevice } from '../agents/index.ts'
import { hashEnrolmentToken } from './create-enrolment-token.ts'
import { useToken } from './enrolment-tokens.queries.ts'

/** What enrolment asks of vaults. */
export interface VaultsDoor {
  /** Where a new agent keeps its backups; null = in the default vault. @throws AppError `vault.not-found` */
  placeFor(vaultId: VaultId | null): Promise<{ readonly vaultId: VaultId; readonly domainId: DomainId; readonly vaultKind: VaultKind }>
  /** The vault of an id or name. @throws AppError `vault.not-found` */
  idOf(vault: string): VaultId
  /** Puts the public keys into the store, durably. @returns false where a person has to let the device in first */
  registerAgentKeys(
    vaultId: VaultId,
    keys: {
      readonly agentId: AgentId
      readonly domainId: DomainId
      readonly signPublicKey: Uint8Array
      readonly boxPublicKey: Uint8Array
      readonly boxSignature: Uint8Array
    },
  ): Promise<boolean>
}

export interface EnrolDeps {
  readonly hubId: HubId
  readonly database: Database
  readonly domainEvents: DomainEventBus
  readonly live: LiveLog
  readonly vaults: VaultsDoor
  readonly now: () => number
}

const signedPrefix = Buffer.from('holdfast-agent-key-1')

/**
 * Lets a new agent in. The order makes a crash harmless: token used (not yet visible) → keys durable in the store → row → commit.
 * Before the commit there is no row, so nothing of the agent can be used and the token is as good as before; keys that lie in the
 * store without a row open nothing, for agents are known by their rows. After the commit all three are there.
 *
 * @throws AppError `enrolment.token-invalid`, `agent.identity-invalid`, `store.*`
 */
export async function enrolAgent(deps: EnrolDeps, request: EnrolRequest): Promise<EnrolAnswer> {
  const keys = readKeys(request)
  const agentId = AgentId.parse(randomUUID())
  return deps.database.transaction(async (em) => {
    const now = new Date(deps.now())
    const token = await useToken(em, hashEnrolmentToken(request.token), agentId, now)
    if (token === null) throw new AppError('enrolment.token-invalid')
    const { vaultId, domainId, vaultKind } = await deps.vaults.placeFor(token.vaultId)
    const isIn = await deps.vaults.registerAgentKeys(vaultId, { agentId, domainId, ...keys })
    const name = request.name ?? token.name ?? request.host.hostname
    const { signPublicKey, boxPublicKey } = keys
    const row = await insertAgent(em, {
      id: agentId,
      name,
      host: request.host,
      version: request.version,
      vaultId,
      domainId,
      signPublicKey,
      boxPublicKey,
      awaitingSignature: isIn ? null : keys.boxSignature,
      enrolledAt: now,
    })
    tellAudit({ actor: { kind: 'device', id: agentId, name, viaTokenId: null }, object: { kind: 'device', id: agentId, name } })
    tellDevice(em, deps.live, row)
    afterCommit(em, () => deps.domainEvents.emit('agent.enrolled', { agentId }))
    return { agentId, name, hubId: deps.hubId, vaultId, domainId, vaultKind }
  })
}

/** @throws AppError `agent.identity-invalid` unless the Ed25519 key signed the X25519 key (docs/vault-format.md §5) */
function readKeys(request: EnrolRequest): { signPublicKey: Buffer; boxPublicKey: Buffer; boxSignature: Buffer } {
  const signPublicKey = Buffer.from(request.signPublicKey, 'base64url')
  const boxPublicKey = Buffer.from(request.boxPublicKey, 'base64url')
  const boxSignature = Buffer.from(request.boxSignature, 'base64url')
  const isSigned = verify(null, Buffer.concat([signedPrefix, boxPublicKey]), ed25519PublicKey(signPublicKey), boxSignature)
  if (!isSigned)
    throw new AppError('agent.identity-invalid', {
      message: 'The device\u2019s keys do not belong together.',
      cure: 'Enrol again with a new token.',
    })
  return { signPublicKey, boxPublicKey, boxSignature }
}
