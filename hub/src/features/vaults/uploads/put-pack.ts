import { AppError, type PackId } from '@holdfast/shared-types'
import { equalBytes, fromHex } from '@holdfast/engine/bytes'
import { isEngineError } from '@holdfast/engine/errors'
import { maxPackBytes, packKey, packTrailerBytes, uuidToBytes } from '@holdfast/engine/format'
import type { ObjectStore, StagedObject } from '@holdfast/engine/store'
import type { Database } from '../../../platform/database/database.ts'
import type { DiskSpace } from '../../../platform/disk-space/disk-space.ts'
import type { Logger } from '../../../platform/logging/logger.ts'
import type { OpenVaults } from '../contents/open-vaults.ts'
import type { RunsDoor } from '../doors/doors.ts'
import { announcedBytes, requireAnnounced, type Upload } from '../sessions/read-bounded.ts'
import { requireOpenSession, type SessionClaim } from '../sessions/require-open-session.ts'
import type { SessionGrants } from '../sessions/session-grants.ts'
import { insertPack } from '../tables/packs.queries.ts'
import type { SessionRecord } from '../tables/sessions.queries.ts'
import { cutIntoPieces } from './cut-into-pieces.ts'
import { GatheringWriter } from './gathering-writer.ts'
import type { PacksInDoubt } from './packs-in-doubt.ts'
import { PackUploadCheck, type CheckedUpload } from './pack-upload-check.ts'

/** What is checked at a stretch; sockets give 64 KiB at a time. */
const pieceBytes = 1024 * 1024

export interface PutPackDeps {
  readonly database: Database
  readonly diskSpace: DiskSpace
  readonly vaults: OpenVaults
  readonly grants: SessionGrants
  readonly runs: RunsDoor
  readonly packsInDoubt: PacksInDoubt
  readonly log: Logger
  readonly now: () => number
}

export interface PackClaim extends SessionClaim {
  readonly packId: PackId
}

/**
 * Stores one pack. When it resolves the pack is durable in the store, its row is committed, and its segments are offered to others: in
 * this order. The same bytes again are accepted again.
 *
 * @param body read to its end also when the pack is refused, so that the agent hears the answer; destroyed when it is longer than it said.
 *   Its buffers are taken over: they are empty once they are written.
 * @throws AppError `session.not-found`, `run.*`, `request.too-large`, `pack.conflict`, `store.full`; EngineError `pack.*`, `store.*`
 */
export async function putPack(deps: PutPackDeps, claim: PackClaim, body: Upload): Promise<void> {
  requireAnnounced(body, maxPackBytes)
  const session = await requireOpenSession(deps.database.em(), deps.runs, claim)
  const packId = fromHex(claim.packId)
  const inPlace = await deps.diskSpace.requireRoom(announcedBytes(body) ?? maxPackBytes)
  try {
    await storePack(deps, { session, packId, hexPackId: claim.packId }, body)
  } finally {
    inPlace()
  }
}

interface PackToStore {
  readonly session: SessionRecord
  readonly packId: Uint8Array
  readonly hexPackId: PackId
}

async function storePack(deps: PutPackDeps, { session, packId, hexPackId }: PackToStore, body: Upload): Promise<void> {
  const { store, arriving } = deps.vaults.get(session.vaultId)
  const stage = await store.stage()
  try {
    const check = new PackUploadCheck({
      vaultId: uuidToBytes(session.vaultId),
      domainId: uuidToBytes(session.domainId),
      packId,
      keyEpoch: session.keyEpoch,
    })
    const upload = await receive(body, stage, check)
    const key = packKey(packId)
    await arriving.while(key, async () => {
      try {
        await publish(store, stage, key, upload)
        await register(deps, session, packId, upload)
      } catch (error) {
        deps.packsInDoubt.note(session.vaultId, hexPackId)
        throw error
      }
    })
  } finally {
    await stage.discard()
  }
}

async function receive(body: Upload, stage: StagedObject, check: PackUploadCheck): Promise<CheckedUpload> {
  const writer = new GatheringWriter(stage)
  let failure: unknown
  let receivedBytes = 0
  try {
    await cutIntoPieces(body, pieceBytes, async (piece) => {
      receivedBytes += piece.length
      // Also after a failure: a body without an end is not drained for ever.
      if (receivedBytes > maxPackBytes) throw new AppError('request.too-large', { message: `A pack has at most ${maxPackBytes} bytes.` })
      if (failure !== undefined) return
      try {
        check.push(piece)
        await writer.write(piece)
      } catch (error) {
        failure = error
      }
    })
  } finally {
    await writer.settle()
  }
  if (failure !== undefined) throw failure as Error
  await writer.end()
  return check.finish()
}

async function publish(store: ObjectStore, stage: StagedObject, key: string, upload: CheckedUpload): Promise<void> {
  try {
    await stage.commit(key)
  } catch (error) {
    if (!isEngineError(error, 'store.exists')) throw error
    if (!(await isSamePack(store, key, upload))) throw new AppError('pack.conflict', { cause: error })
  }
}

/** Both were checked whole when they came, so equal trailers (SHA-256 of the footer, crc32 of everything) mean equal packs. */
async function isSamePack(store: ObjectStore, key: string, upload: CheckedUpload): Promise<boolean> {
  const head = await store.head(key)
  if (head?.sizeBytes !== upload.sizeBytes) return false
  return equalBytes(await store.get(key, { offset: upload.sizeBytes - packTrailerBytes, length: packTrailerBytes }), upload.trailer)
}

async function register(
  { database, vaults, grants, log, now }: PutPackDeps,
  session: SessionRecord,
  packId: Uint8Array,
  upload: CheckedUpload,
): Promise<void> {
  const { vaultId, domainId, id: sessionId } = session
  const { header, segments, footer, sizeBytes } = upload
  const em = database.em()
  const broughtBy = await insertPack(em, {
    packId,
    vaultId,
    domainId,
    kind: header.kind,
    keyEpoch: header.keyEpoch,
    sessionId,
    sizeBytes,
    segments: segments.length,
    blobs: segments.reduce((sum, segment) => sum + segment.blobIds.length, 0),
    footer,
    state: 'live',
    storedAt: new Date(now()),
  })
  if (broughtBy === undefined) throw new AppError('pack.conflict')
  // Sent again by a later session: who holds all its bytes may name all its segments.
  if (broughtBy !== sessionId)
    await grants.add(
      em,
      sessionId,
      segments.map(({ birthPackId, birthOrdinal }) => ({ packId: birthPackId, ordinal: birthOrdinal })),
    )
  // MUST be offered to nobody before its row is committed: docs/vault-format.md §11.
  await vaults.get(vaultId).contents.addPack({ packId, domainId, sessionId: broughtBy, segments })
  log.debug(
    { event: 'pack.stored', packId: Buffer.from(packId).toString('hex'), sessionId, sizeBytes, segments: segments.length },
    'Pack stored',
  )
}
