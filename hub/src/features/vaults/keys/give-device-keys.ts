import { AgentId, AppError, type Api, type Device, type ResponseOf, type VaultId } from '@holdfast/shared-types'
import { fromBase64Url, toBase64Url } from '@holdfast/engine/bytes'
import { isEngineError } from '@holdfast/engine/errors'
import { deviceFingerprint } from '@holdfast/engine/unlock'
import { nodePrimitives } from '@holdfast/engine/vault'
import type { EntityManager } from '@mikro-orm/postgresql'
import { tellAudit } from '../../../platform/audit/audit-scope.ts'
import type { Database } from '../../../platform/database/database.ts'
import type { Logger } from '../../../platform/logging/logger.ts'
import type { OpenVaults } from '../contents/open-vaults.ts'
import { PrivateVault } from '../contents/private-vault.ts'
import type { VaultTurns } from '../contents/vault-turns.ts'
import type { AgentRecord, AgentsDoor } from '../doors/doors.ts'
import { withKeyErrors } from './key-errors.ts'

export interface GiveKeysDeps {
  readonly database: Database
  readonly vaults: OpenVaults
  readonly agents: Pick<AgentsDoor, 'findAgent' | 'listWaiting' | 'keysGiven' | 'keysAwaited'>
  /** One change at a time. */
  readonly keyTurns: VaultTurns
  readonly log: Logger
}

type Waiting = ResponseOf<Api['listWaitingDevices']>['items']

/** @throws AppError `vault.not-found` */
export async function listWaitingDevices({ vaults, agents }: GiveKeysDeps, em: EntityManager, vaultId: VaultId): Promise<Waiting> {
  vaults.sealed(vaultId)
  const waiting: Waiting = []
  for (const agent of await agents.listWaiting(em, vaultId))
    waiting.push({
      agentId: agent.id,
      name: agent.name,
      domainId: agent.domainId,
      signPublicKey: toBase64Url(agent.signPublicKey),
      boxPublicKey: toBase64Url(agent.boxPublicKey),
      boxSignature: toBase64Url(agent.boxSignature),
      fingerprint: await deviceFingerprint(nodePrimitives, agent),
      enrolledAtMs: agent.enrolledAt.getTime(),
    })
  return waiting
}

export interface KeysToGive {
  readonly vaultId: VaultId
  readonly agentId: AgentId
  /** Both base64url. */
  readonly agentObject: string
  readonly sealedDomainKeys: string
}

/**
 * Lets a device into a private vault with what somebody who can open it made: they vouch for its keys, and gave it those of its domain. The hub sees to it that they are
 * the device's own. Durable when it resolves; the same again is accepted.
 *
 * @throws AppError `vault.not-found`, `agent.not-found`, `agent.revoked`, `vault.keys-invalid`, `vault.keys-conflict`
 */
export async function giveDeviceKeys(deps: GiveKeysDeps, { vaultId, agentId, ...objects }: KeysToGive): Promise<Device> {
  const { database, vaults, agents, keyTurns, log } = deps
  const vault = vaults.sealed(vaultId)
  // Of two at once the second meets what the first has left, and not what it is about to.
  return keyTurns.during(vaultId, async () => {
    const agent = await agents.findAgent(database.em(), agentId)
    if (agent === null || agent.vaultId !== vaultId) throw new AppError('agent.not-found')
    tellAudit({ object: { kind: 'device', id: agent.id, name: agent.name } })
    if (agent.revokedAt !== null) throw new AppError('agent.revoked')
    // What its row needs to say that it waits is in what gives way now.
    await awaitWhereLost(deps, vault, agentId)
    await withKeyErrors(() =>
      vault.vault.addAgent(expectedOf(agent), {
        agentObject: fromBase64Url(objects.agentObject),
        sealedKeys: fromBase64Url(objects.sealedDomainKeys),
      }),
    )
    // A crash before this line leaves a device that has its keys and is shown as waiting: the next start sees them.
    const device = await database.transaction((em) => agents.keysGiven(em, agentId))
    log.info({ event: 'agent.keys-given', vaultId, agentId }, 'A device was let into a private vault')
    return device
  })
}

const expectedOf = ({ id, domainId, signPublicKey, boxPublicKey }: AgentRecord) => ({
  agentId: id,
  domainId,
  signPublicKey: toBase64Url(signPublicKey),
  boxPublicKey: toBase64Url(boxPublicKey),
})

/** At a start: whoever has its keys in the store waits no more, and who was let in and has none there, as after a crash or with a bad disk, waits again. */
export async function settleWaiting(deps: GiveKeysDeps): Promise<void> {
  const { database, vaults, agents } = deps
  for (const vault of vaults.all()) {
    if (!(vault instanceof PrivateVault)) continue
    const waiting = await agents.listWaiting(database.em(), vault.id)
    for (const { id } of waiting)
      if ((await hasWholeKeys(deps, vault, id)) === true) await database.transaction((em) => agents.keysGiven(em, id))
    const looked = new Set<AgentId>(waiting.map(({ id }) => id))
    for await (const name of vault.vault.agentIds()) {
      const agentId = AgentId.safeParse(name)
      // Whatever else lies there is nobody's.
      if (agentId.success && !looked.has(agentId.data)) await awaitWhereLost(deps, vault, agentId.data)
    }
  }
}

/** A device that somebody vouched for (`a/`) and whose keys (`b/`) are not there, or rotted, waits for a person again. */
export async function awaitWhereLost(
  { database, agents, log }: Pick<GiveKeysDeps, 'database' | 'agents' | 'log'>,
  privateVault: PrivateVault,
  agentId: AgentId,
): Promise<void> {
  const { id: vaultId, vault } = privateVault
  if ((await hasWholeKeys({ log }, privateVault, agentId)) !== false) return
  const agent = await agents.findAgent(database.em(), agentId)
  if (agent === null || agent.vaultId !== vaultId || agent.revokedAt !== null) return
  try {
    const { boxSignature } = await vault.readAgent(agentId)
    await database.transaction((em) => agents.keysAwaited(em, agentId, fromBase64Url(boxSignature)))
    log.warn(
      { event: 'agent.keys-missing', vaultId, agentId },
      'The keys of a device are not in its private vault: it waits until somebody lets it in again',
    )
  } catch (error) {
    // Also of one that nobody vouched for yet: it waits already.
    if (isEngineError(error, 'store.not-found')) return
    if (!isEngineError(error)) throw error
    log.error(
      { event: 'agent.damaged', vaultId, agentId, err: error },
      'What the vault keeps of a device cannot be read; it is left as it is',
    )
  }
}

/** Null where that cannot be told: nothing is changed then, and no other device is kept from its keys. */
async function hasWholeKeys(
  { log }: Pick<GiveKeysDeps, 'log'>,
  { id: vaultId, vault }: PrivateVault,
  agentId: AgentId,
): Promise<boolean | null> {
  try {
    return await vault.hasKeys(agentId)
  } catch (error) {
    if (!isEngineError(error)) throw error
    log.error({ event: 'agent.keys-unreadable', vaultId, agentId, err: error }, 'The keys of a device in its private vault cannot be read')
    return null
  }
}
