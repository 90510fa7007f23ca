import { AppError, type SnapshotId } from '@holdfast/shared-types'
import { equalBytes } from '@holdfast/engine/bytes'
import { isEngineError } from '@holdfast/engine/errors'
import { decodeSnapshotObject, Refset, uuidToBytes, type SnapshotObject } from '@holdfast/engine/format'
import { verifySnapshotSignature } from '@holdfast/engine/reader'
import { nodePrimitives } from '@holdfast/engine/vault'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { Logger } from '../../../platform/logging/logger.ts'
import type { OpenVault } from '../contents/open-vault.ts'
import { factsOf, type StatedFacts } from '../contents/snapshot-facts.ts'
import type { KnownSnapshot } from '../contents/snapshot-record.ts'
import type { SnapshotRefsets } from '../contents/snapshot-refsets.ts'
import type { AgentsDoor } from '../doors/doors.ts'
import { isDamage } from '../errors/translate-engine-error.ts'
import type { SessionRecord } from '../tables/sessions.queries.ts'
import { listSnapshotsOfAgent } from '../tables/snapshots.queries.ts'
import { checkRefset } from './check-refset.ts'
import type { SessionGrants } from './session-grants.ts'

export interface ProveSnapshotDeps {
  readonly agents: AgentsDoor
  readonly grants: SessionGrants
  readonly refsets: SnapshotRefsets
  readonly log: Logger
}

/** The session that a snapshot was sent in. */
export interface SessionInHand {
  readonly em: EntityManager
  readonly vault: OpenVault
  readonly session: SessionRecord
}

/** A snapshot as the agent sent it, proven to be what its session was opened for. */
export interface ProvenSnapshot extends KnownSnapshot {
  readonly object: SnapshotObject
}

/** @throws AppError `session.rejected` */
export function decodeUpload(bytes: Uint8Array): SnapshotObject {
  try {
    const object = decodeSnapshotObject(bytes)
    if (object.hubHeader !== null) throw rejected('The snapshot carries a hub\u2019s statement already.')
    // It would stand for another one, which goes: that is for who holds the vault's rewriting key, and the device's own would pass for it.
    if (object.header.isRewritten) throw rejected('The snapshot says that it was written anew of another one, which only a hub does.')
    return object
  } catch (error) {
    throw asRejection(error)
  }
}

/**
 * Ids, number, signature, and the body where it can be opened.
 * @param receivedAtMs hub's clock
 * @throws AppError `session.rejected`, `agent.not-found`
 */
export async function proveSnapshot(
  deps: ProveSnapshotDeps,
  { em, vault, session }: SessionInHand,
  object: SnapshotObject,
  known: { readonly receivedAtMs: number; readonly stated: StatedFacts | null },
): Promise<ProvenSnapshot> {
  const { header } = object
  const isOfSession =
    equalBytes(header.vaultId, vault.idBytes) &&
    equalBytes(header.domainId, uuidToBytes(session.domainId)) &&
    equalBytes(header.agentId, uuidToBytes(session.agentId)) &&
    header.keyEpoch === session.keyEpoch
  if (!isOfSession) throw rejected('The snapshot was made for another vault, domain, device or key epoch.')
  if (header.seq !== session.snapshotSeq)
    throw rejected(`The snapshot has number ${header.seq}; this session was promised ${session.snapshotSeq}.`)
  const agent = await deps.agents.findAgent(em, session.agentId)
  if (agent === null) throw new AppError('agent.not-found')
  try {
    await verifySnapshotSignature(nodePrimitives, object, agent.signPublicKey)
    const facts = await factsOf(vault.vault, object, known.receivedAtMs, known.stated)
    return { object, header, facts, refset: Refset.decode(object.refset) }
  } catch (error) {
    throw asRejection(error)
  }
}

/** Every segment it names is there and its to name. @throws AppError `session.rejected` with the count */
export async function requireCovered(deps: ProveSnapshotDeps, inHand: SessionInHand, { refset, facts }: ProvenSnapshot): Promise<void> {
  const { em, session } = inHand
  const { contents } = inHand.vault
  const grants = await deps.grants.of(em, session.id)
  const faults = await checkRefset({
    refset,
    contents,
    grants,
    domainId: session.domainId,
    sessionId: session.id,
    baseRefsets: baseRefsets(deps, inHand, facts.parentId),
  })
  if (faults.missing > 0) throw rejected(`The snapshot names ${faults.missing} segments that are not stored.`)
  if (faults.foreign > 0) throw rejected(`The snapshot names ${faults.foreign} segments that this session neither sent nor was told of.`)
  // Where it is sealed, only who has keys can say so: an audit will.
  if (facts.root === null) return
  const root = await contents.findBlob(session.domainId, facts.root, (packIdHex, ordinal) => refset.has(packIdHex, ordinal))
  if (root === null) throw rejected('The top folder of the snapshot lies in none of its segments.')
}

/** The agent's own snapshots, the one this was made from first. */
async function* baseRefsets(
  { refsets, log }: ProveSnapshotDeps,
  { em, session }: SessionInHand,
  parentId: SnapshotId | null,
): AsyncGenerator<Refset> {
  const snapshots = await listSnapshotsOfAgent(em, session.vaultId, session.agentId, {
    epoch: session.epoch,
    limit: Number.MAX_SAFE_INTEGER,
  })
  const first = snapshots.filter(({ id }) => id === parentId)
  for (const snapshot of [...first, ...snapshots.filter(({ id }) => id !== parentId)]) {
    if (snapshot.domainId !== session.domainId) continue
    try {
      yield await refsets.of(snapshot)
    } catch (error) {
      if (!isDamage(error)) throw error
      log.error({ event: 'snapshot.damaged', snapshotId: snapshot.id, err: error }, 'The refset of a stored snapshot cannot be read')
    }
  }
}

export const rejected = (message: string): AppError => new AppError('session.rejected', { message })

/** What is wrong with an agent's bytes is its fault, not damage of the vault. */
function asRejection(error: unknown): unknown {
  if (!isEngineError(error)) return error
  return new AppError('session.rejected', { message: error.message, context: { engineCode: error.code }, cause: error })
}
