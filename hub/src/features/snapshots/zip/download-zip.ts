import type { Readable } from 'node:stream'
import type { SnapshotId } from '@holdfast/shared-types'
import { decodeUtf8Lossy } from '@holdfast/engine/bytes'
import type { EntityManager } from '@mikro-orm/postgresql'
import { tellAudit } from '../../../platform/audit/audit-scope.ts'
import type { KnownActor } from '../../../platform/http/actor.ts'
import type { BytesAnswer } from '../../../platform/http/define-feature.ts'
import { startedStream } from '../../../platform/http/started-stream.ts'
import { attachmentNamed } from '../content-disposition.ts'
import { componentsOf, type PathQuery } from '../entry-path.ts'
import { openVisibleTree } from '../open-visible-tree.ts'
import type { PrepareZipDeps } from './prepare-zip.ts'
import { watchReading } from './reading-parts.ts'
import { zipSourceOf } from './zip-source.ts'
import { zipTree } from './zip-tree.ts'

export interface ZipQuery extends PathQuery {
  readonly snapshotId: SnapshotId
  /** Of `prepareZip`; stands for the path. */
  readonly ticket?: string | undefined
  readonly withDeleted?: 'true' | 'false' | undefined
}

/** Bytes held between the packing and a slow reader. */
const highWaterMark = 256 * 1024

/**
 * A folder of a snapshot, or what a ticket stands for, as a zip. Damage found on the way breaks the connection off before the zip's
 * directory is sent: no program takes the part for a zip.
 *
 * @throws AppError `snapshot.not-found`, `snapshot.path-not-found`, `snapshot.zip-ticket-gone`, `snapshot.zip-too-large`,
 * `snapshot.zips-busy`
 */
export async function downloadZip(
  deps: PrepareZipDeps,
  em: EntityManager,
  actor: KnownActor,
  { snapshotId, ticket, withDeleted, ...path }: ZipQuery,
): Promise<BytesAnswer> {
  const visible = await openVisibleTree(deps, em, actor, snapshotId)
  const { snapshot } = visible
  const device = (await deps.devices.deviceNames(em)).get(snapshot.agentId) ?? snapshot.host
  tellAudit({ object: { kind: 'snapshot', id: snapshotId, name: null }, details: { deviceName: device } })
  const choice =
    ticket === undefined
      ? { snapshotId, folder: componentsOf(path, snapshot.system), names: null, withDeleted: withDeleted === 'true' }
      : deps.tickets.redeem(actor, snapshotId, ticket)
  const source = await zipSourceOf(visible, choice)
  const reading = { onOver: deps.slots.take(actor), onForgotten: (): void => void stream.destroy() }
  const stream: Readable = await startedStream(watchReading(zipTree(source), reading), highWaterMark)
  const name = downloadName(device, choice.folder.at(-1), snapshot.receivedAtMs)
  return {
    stream,
    headers: {
      'content-type': 'application/zip',
      'content-disposition': attachmentNamed(Buffer.from(name)),
      'x-content-type-options': 'nosniff',
      // A proxy that gathers the answer first would make the reader wait for all of it.
      'x-accel-buffering': 'no',
    },
  }
}

/** Device, folder and day (in UTC) of the snapshot: `laptop Documents 2026-11-21.zip`. */
function downloadName(device: string, folder: Uint8Array | undefined, createdAtMs: number): string {
  const parts = [device, ...(folder === undefined ? [] : [decodeUtf8Lossy(folder)])].map((part) =>
    part.replaceAll(/[\p{Cc}\p{Cf}/\\:*?"<>|]/gu, '_').slice(0, 100),
  )
  return `${parts.join(' ')} ${new Date(createdAtMs).toISOString().slice(0, 10)}.zip`
}
