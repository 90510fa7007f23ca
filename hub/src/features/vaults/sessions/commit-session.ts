import type { AgentId, RunId, SnapshotId } from '@holdfast/shared-types'
import { equalBytes } from '@holdfast/engine/bytes'
import { decodeSnapshotObject, snapshotKey, type HubStatement, type SnapshotObject } from '@holdfast/engine/format'
import { appendHubHeader } from '@holdfast/engine/vault'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { Database } from '../../../platform/database/database.ts'
import { afterCommit } from '../../../platform/database/unit-of-work.ts'
import type { DomainEventBus } from '../../../platform/events/domain-events.ts'
import type { BesideCollections } from '../contents/beside-collections.ts'
import type { OpenVault } from '../contents/open-vault.ts'
import type { OpenVaults } from '../contents/open-vaults.ts'
import { snapshotIdOf, snapshotRecordOf, storeKeyOf } from '../contents/snapshot-record.ts'
import type { RunsDoor } from '../doors/doors.ts'
import { rescueSegments } from '../contents/rescue-segments.ts'
import { lockCollection, vaultEpoch } from '../tables/collecting.queries.ts'
import { endSession, findSession, lockSession } from '../tables/sessions.queries.ts'
import { findSnapshot, insertSnapshot, type SnapshotRecord } from '../tables/snapshots.queries.ts'
import {
  decodeUpload,
  proveSnapshot,
  rejected,
  requireCovered,
  type ProveSnapshotDeps,
  type ProvenSnapshot,
  type SessionInHand,
} from './prove-snapshot.ts'
import { stateFacts, type SummaryParts } from './state-facts.ts'
import { maxSnapshotBytes, type CommitBodies } from './commit-bodies.ts'
import { announcedBytes, requireAnnounced, type Upload } from './read-bounded.ts'
import { readSteadily } from './read-steadily.ts'
import { requireOpenSession, requireOwnSession, sessionNotFound, type SessionClaim } from './require-open-session.ts'

export interface CommitSessionDeps extends ProveSnapshotDeps {
  readonly database: Database
  readonly besideCollections: BesideCollections
  readonly vaults: OpenVaults
  readonly runs: RunsDoor
  readonly domainEvents: DomainEventBus
  readonly commitBodies: CommitBodies
  readonly now: () => number
}

interface SentSnapshot {
  readonly object: SnapshotObject
  readonly stated: SummaryParts
}

export interface Committed {
  readonly snapshotId: SnapshotId
  readonly receivedAtMs: number
}

/**
 * Commits the snapshot of a session. When it resolves the object is durable in the store, the row says so, and the session is over.
 * The same snapshot again, after a lost answer, gets the same answer.
 *
 * @param stated the device's word for what only it can read: of private vaults alone
 * @throws AppError `session.rejected` for a snapshot that is not this session's or names segments it may not; `session.not-found`, `run.*`;
 * `hub.overloaded` for one that came too slowly
 */
export async function commitSession(deps: CommitSessionDeps, claim: SessionClaim, stated: SummaryParts, body: Upload): Promise<Committed> {
  const em = deps.database.em()
  // Before a byte is held: who asks must be the one whose session this is.
  await requireOwnSession(em, claim)
  requireAnnounced(body, maxSnapshotBytes)
  return deps.commitBodies.during(claim.agentId, announcedBytes(body) ?? maxSnapshotBytes, async () =>
    commitObject(deps, em, claim, { object: decodeUpload(await readSteadily(body, maxSnapshotBytes)), stated }),
  )
}

async function commitObject(deps: CommitSessionDeps, em: EntityManager, claim: SessionClaim, sent: SentSnapshot): Promise<Committed> {
  const { object } = sent
  const repeated = await findCommitted(em, claim, snapshotIdOf(object.header))
  if (repeated !== null) return repeated
  try {
    return await commitOpen(deps, em, claim, sent)
  } catch (error) {
    // An earlier call for the same snapshot, whose answer was lost, may have gone through meanwhile and ended session and run.
    const meanwhile = await findCommitted(em, claim, snapshotIdOf(object.header))
    if (meanwhile !== null) return meanwhile
    throw error
  }
}

async function commitOpen(
  deps: CommitSessionDeps,
  em: EntityManager,
  claim: SessionClaim,
  { object, stated }: SentSnapshot,
): Promise<Committed> {
  const session = await requireOpenSession(em, deps.runs, claim)
  const inHand = { em, session, vault: deps.vaults.get(session.vaultId) }
  const known = { receivedAtMs: deps.now(), stated: await stateFacts(deps, inHand, stated) }
  const snapshot = await proveSnapshot(deps, inHand, object, known)
  await requireCovered(deps, inHand, snapshot)
  return storeSnapshot(deps, inHand, claim, snapshot)
}

/** The answer of a commit that went through before, or null. */
async function findCommitted(em: EntityManager, { agentId, sessionId }: SessionClaim, snapshotId: SnapshotId): Promise<Committed | null> {
  const session = await findSession(em, sessionId)
  if (session === null || session.agentId !== agentId || session.state !== 'committed') return null
  const snapshot = await findSnapshot(em, snapshotId)
  if (snapshot === null || snapshot.runId !== session.runId || snapshot.agentId !== agentId) throw sessionNotFound(sessionId)
  return { snapshotId, receivedAtMs: snapshot.receivedAtMs }
}

async function storeSnapshot(
  deps: CommitSessionDeps,
  { vault, session }: SessionInHand,
  claim: SessionClaim,
  snapshot: ProvenSnapshot,
): Promise<Committed> {
  const { besideCollections, runs, domainEvents, grants, log } = deps
  const { agentId, runId, id: sessionId } = session
  const commit = async (em: EntityManager): Promise<Committed | null> => {
    // The run's row stays locked until the commit below is through: in between it can neither expire nor be cancelled.
    await runs.markCommitting(em, runId, claim.fence)
    const locked = await lockSession(em, sessionId)
    if (locked?.state === 'committed') return findCommitted(em, claim, snapshotIdOf(snapshot.header))
    if (locked?.state !== 'open' || locked.fence !== claim.fence) throw sessionNotFound(sessionId)
    await requireStillCovered(em, vault, session.epoch, snapshot)
    const statement = await stateOf(vault, snapshot, { receivedAtMs: deps.now(), epoch: session.epoch })
    const record = snapshotRecordOf(snapshot, { ...statement, vaultId: vault.id, runId })
    // Rows first, though not visible yet: after the object is written only the commit itself can fail.
    if (!(await insertSnapshot(em, record))) throw rejected('Another snapshot has this id.')
    await endSession(em, runId, 'committed', new Date(statement.receivedAtMs))
    if (!statement.isStored) await putSnapshot(vault, record, snapshot.object, statement)
    afterCommit(em, () => announce(domainEvents, { snapshotId: record.id, agentId, runId, createdAtMs: statement.receivedAtMs }))
    return { snapshotId: record.id, receivedAtMs: statement.receivedAtMs }
  }
  const committed = await vault.arriving.while(keyOf(snapshot), () => besideCollections.transaction(commit))
  if (committed === null) throw sessionNotFound(sessionId)
  grants.forget(sessionId)
  log.info(
    { event: 'snapshot.committed', snapshotId: committed.snapshotId, agentId, runId, packs: snapshot.refset.packCount },
    'Snapshot committed',
  )
  return committed
}

/** What was covered a moment ago may have been condemned or removed since; what it names lives again from the moment it is committed. */
async function requireStillCovered(em: EntityManager, vault: OpenVault, epoch: number, { refset }: ProvenSnapshot): Promise<void> {
  await lockCollection(em, vault.id, 'shared')
  // Who began after the newest collection was told of nothing that it condemned, and builds on what it was told not to use.
  const isToldOf = epoch < (await vaultEpoch(em, vault.id))
  const { missing, condemned } = await rescueSegments(em, vault.contents, refset, isToldOf)
  const lacking = missing + (isToldOf ? 0 : condemned)
  if (lacking > 0) throw rejected(`The snapshot names ${lacking} segments that are not kept any more.`)
}

/**
 * What the hub states of a snapshot. An object may be there already: the database failed in the moment of an earlier commit. Then what
 * it says stands, for it is never replaced.
 */
async function stateOf(
  vault: OpenVault,
  snapshot: ProvenSnapshot,
  fresh: HubStatement,
): Promise<HubStatement & { readonly isStored: boolean }> {
  const key = keyOf(snapshot)
  if ((await vault.store.head(key)) === null) return { ...fresh, isStored: false }
  const stored = decodeSnapshotObject(await vault.store.get(key))
  if (stored.hubHeader === null || !equalBytes(stored.agentPart, snapshot.object.agentPart))
    throw rejected('Another snapshot with this id is stored already.')
  // The hub may have been killed before its name was on the disk.
  await vault.store.makeDurable([key])
  return { receivedAtMs: stored.hubHeader.receivedAtMs, epoch: stored.hubHeader.epoch, isStored: true }
}

const keyOf = ({ header }: ProvenSnapshot): string => snapshotKey(header.agentId, header.seq, header.snapshotId)

// MUST be durable before its row says committed: docs/vault-format.md §11.
const putSnapshot = (vault: OpenVault, record: SnapshotRecord, object: SnapshotObject, statement: HubStatement): Promise<void> =>
  vault.store.put(storeKeyOf(record), appendHubHeader(object.agentPart, statement, vault.vault.hubKey))

const announce = (
  domainEvents: DomainEventBus,
  event: { snapshotId: SnapshotId; agentId: AgentId; runId: RunId; createdAtMs: number },
): Promise<void> => domainEvents.emit('snapshot.committed', event)
