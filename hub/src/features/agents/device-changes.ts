import { AppError, type AgentHello, type AgentId, type Device, type RunOutcome } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { storableJson } from '../../platform/database/storable.ts'
import type { LiveLog } from '../../platform/events/live-log.ts'
import { AgentEntity, type AgentRow } from './agent.entity.ts'
import { presentDevice } from './agents.present.ts'
import { lockAgentRow } from './agents.queries.ts'

/*
 * The only writers of an agent's row after its enrolment. Each runs inside the transaction of its caller and tells browsers with the
 * commit.
 */

export const tellDevice = (em: EntityManager, live: LiveLog, row: AgentRow): void =>
  live.append(em, 'devices', 'device.changed', presentDevice(row))

export async function noteHello(em: EntityManager, live: LiveLog, agentId: AgentId, seen: { hello: AgentHello; at: Date }): Promise<void> {
  const row = await lockAgentRow(em, agentId)
  if (row === null) return
  // Revoked between the proof of the hello and here: it is not let in.
  if ((row.revokedAt ?? null) !== null) throw new AppError('agent.revoked')
  const { host, version } = storableJson({ host: seen.hello.host, version: seen.hello.version })
  em.assign(row, { host, version, online: true, lastSeenAt: seen.at })
  await em.flush()
  tellDevice(em, live, row)
}

/** @param isLinkedAgain asked when the row is locked: a newer link's hello may have come first, and then stands */
export async function noteUnlinked(
  em: EntityManager,
  live: LiveLog,
  agentId: AgentId,
  seen: { at: Date; isLinkedAgain: () => boolean },
): Promise<void> {
  const row = await lockAgentRow(em, agentId)
  if (row === null || seen.isLinkedAgain()) return
  em.assign(row, { online: false, lastSeenAt: seen.at })
  await em.flush()
  tellDevice(em, live, row)
}

/** A person has let it into its private vault. @throws AppError `agent.not-found` */
export async function noteKeysGiven(em: EntityManager, live: LiveLog, agentId: AgentId): Promise<Device> {
  const row = await lockAgentRow(em, agentId)
  if (row === null) throw new AppError('agent.not-found')
  if ((row.awaitingSignature ?? null) !== null) {
    em.assign(row, { awaitingSignature: null })
    await em.flush()
    tellDevice(em, live, row)
  }
  return presentDevice(row)
}

/** Its keys are not in its private vault any more: a person has to let it in again. @param boxSignature its signature over its X25519 key */
export async function noteKeysAwaited(em: EntityManager, live: LiveLog, agentId: AgentId, boxSignature: Uint8Array): Promise<void> {
  const row = await lockAgentRow(em, agentId)
  if (row === null || (row.awaitingSignature ?? null) !== null) return
  em.assign(row, { awaitingSignature: Buffer.from(boxSignature) })
  await em.flush()
  tellDevice(em, live, row)
}

/** How the newest finished run of a device ended. */
export async function noteRunOutcome(em: EntityManager, live: LiveLog, agentId: AgentId, outcome: RunOutcome): Promise<void> {
  const row = await lockAgentRow(em, agentId)
  if (row === null || row.lastRunStatus === outcome) return
  em.assign(row, { lastRunStatus: outcome })
  await em.flush()
  tellDevice(em, live, row)
}

export async function noteSnapshot(em: EntityManager, live: LiveLog, agentId: AgentId, committedAt: Date): Promise<void> {
  const row = await lockAgentRow(em, agentId)
  if (row === null || (row.lastSnapshotAt ?? new Date(0)) >= committedAt) return
  em.assign(row, { lastSnapshotAt: committedAt })
  await em.flush()
  tellDevice(em, live, row)
}

/** It has shown that its backups can be read back. */
export async function noteProof(em: EntityManager, live: LiveLog, agentId: AgentId, provedAt: Date): Promise<void> {
  const row = await lockAgentRow(em, agentId)
  if (row === null || row.lastProvedAt?.getTime() === provedAt.getTime()) return
  em.assign(row, { lastProvedAt: provedAt })
  await em.flush()
  tellDevice(em, live, row)
}

/** After a start nobody is linked, whatever a killed hub left in the rows. */
export async function noteNobodyLinked(em: EntityManager, live: LiveLog): Promise<void> {
  const rows = await em.find(AgentEntity, { online: true })
  for (const row of rows) em.assign(row, { online: false })
  await em.flush()
  for (const row of rows) tellDevice(em, live, row)
}
