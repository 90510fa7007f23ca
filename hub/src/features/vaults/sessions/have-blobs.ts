import {
  AppError,
  locationRecordBytes,
  maxIdsPerQuery,
  type AckOf,
  type AgentId,
  type agentRequests,
  type BodyOf,
} from '@holdfast/shared-types'
import { blobIdBytes, writeLocation, type SegmentPlace } from '@holdfast/engine/format'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { OpenVaults } from '../contents/open-vaults.ts'
import type { RunsDoor } from '../doors/doors.ts'
import { requireOpenSession } from './require-open-session.ts'
import type { SessionGrants } from './session-grants.ts'

export interface HaveBlobsDeps {
  readonly vaults: OpenVaults
  readonly grants: SessionGrants
  readonly runs: RunsDoor
}

type Asked = BodyOf<typeof agentRequests, 'session.have'>
type Answer = AckOf<typeof agentRequests, 'session.have'>

/**
 * Where blobs of the session's domain lie already. What is answered may be named by the session's snapshot.
 * @throws AppError `session.not-found`, `run.*`, `protocol.invalid-message`
 */
export async function haveBlobs(
  { vaults, grants, runs }: HaveBlobsDeps,
  em: EntityManager,
  agentId: AgentId,
  { sessionId, fence, ids }: Asked,
): Promise<Answer> {
  const count = countIds(ids)
  const session = await requireOpenSession(em, runs, { agentId, sessionId, fence })
  const { contents } = vaults.get(session.vaultId)
  const granted = await grants.of(em, sessionId)
  const locations = new Uint8Array(count * locationRecordBytes)
  const fresh = new Map<string, SegmentPlace>()
  // What is condemned is sent again, though it is still there.
  const isOffered = (packIdHex: string, ordinal: number): boolean => contents.isOffered(packIdHex, ordinal)
  for (const [index, found] of (await contents.findBlobs(session.domainId, ids, isOffered)).entries()) {
    if (found === null) continue
    writeLocation(locations, index, found)
    if (found.sessionId === sessionId || granted.has(found.packIdHex, found.ordinal)) continue
    fresh.set(`${found.packIdHex}/${found.ordinal}`, found)
  }
  await grants.add(em, sessionId, [...fresh.values()])
  return { locations }
}

/** @throws AppError `protocol.invalid-message` */
export function countIds(ids: Uint8Array): number {
  const count = ids.length / blobIdBytes
  if (!Number.isInteger(count) || count > maxIdsPerQuery) {
    throw new AppError('protocol.invalid-message', { message: `Blob ids are asked for in whole, at most ${maxIdsPerQuery} at once.` })
  }
  return count
}
