import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { AppError, type SnapshotId } from '@holdfast/shared-types'
import type { FileEntry } from '@holdfast/engine/format'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { KnownActor } from '../../platform/http/actor.ts'
import type { BytesAnswer } from '../../platform/http/define-feature.ts'
import { startedStream } from '../../platform/http/started-stream.ts'
import { parseRange, type ByteSpan } from './byte-range.ts'
import { attachmentNamed } from './content-disposition.ts'
import { componentsOf, joinComponents, type PathQuery } from './entry-path.ts'
import { openVisibleTree } from './open-visible-tree.ts'
import type { SnapshotsDeps } from './snapshots.deps.ts'

export interface DownloadQuery extends PathQuery {
  readonly snapshotId: SnapshotId
  /** Headers of the request. */
  readonly range?: string | undefined
  readonly ifRange?: string | undefined
  readonly ifNoneMatch?: string | undefined
}

/** Bytes held between the vault and a slow reader, besides one stored piece. */
const highWaterMark = 256 * 1024

/**
 * One file as a stream: whole, or the one range asked for. Damage found on the way breaks the connection off, so that no reader takes a part
 * for the whole.
 *
 * @throws AppError `snapshot.not-found`, `snapshot.path-not-found`, `snapshot.not-a-file`
 */
export async function downloadFile(deps: SnapshotsDeps, em: EntityManager, actor: KnownActor, query: DownloadQuery): Promise<BytesAnswer> {
  const { snapshot, tree } = await openVisibleTree(deps, em, actor, query.snapshotId)
  const path = componentsOf(query, snapshot.system)
  const entry = path.length === 0 ? null : await tree.find(path)
  if (path.length > 0 && entry === null) throw new AppError('snapshot.path-not-found')
  if (entry?.type !== 'file') throw new AppError('snapshot.not-a-file')
  const etag = etagOf(query.snapshotId, joinComponents(path, snapshot.system))
  const headers = { ...commonHeaders(entry), etag }
  if (query.ifNoneMatch !== undefined && namesTag(query.ifNoneMatch, etag)) return { status: 304, stream: Readable.from([]), headers }
  // A range of another version than the reader has would be glued to the wrong part.
  const wanted = query.ifRange === undefined || query.ifRange === etag ? parseRange(query.range, entry.size) : null
  if (wanted === 'unsatisfiable')
    return {
      status: 416,
      stream: Readable.from([]),
      headers: { ...headers, 'content-length': '0', 'content-range': `bytes */${entry.size}` },
    }
  const span: ByteSpan = wanted ?? { from: 0, end: entry.size }
  const stream = await startedStream(tree.read(entry, span.from, span.end), highWaterMark)
  const length = { 'content-length': String(span.end - span.from) }
  if (wanted === null) return { stream, headers: { ...headers, ...length } }
  return { status: 206, stream, headers: { ...headers, ...length, 'content-range': `bytes ${span.from}-${span.end - 1}/${entry.size}` } }
}

/** What a browser gets is a file to keep, never a page to run in the hub's origin. */
const commonHeaders = (entry: FileEntry): Record<string, string> => ({
  'content-type': 'application/octet-stream',
  'content-disposition': attachmentNamed(entry.name),
  'x-content-type-options': 'nosniff',
  'accept-ranges': 'bytes',
})

/** A snapshot never changes: snapshot and path name the bytes for ever. */
const etagOf = (snapshotId: SnapshotId, path: Uint8Array): string =>
  `"${createHash('sha256').update(snapshotId).update('\n').update(path).digest('base64url').slice(0, 32)}"`

const namesTag = (header: string, etag: string): boolean =>
  header.trim() === '*' || header.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag)
