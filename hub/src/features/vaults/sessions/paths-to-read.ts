import type { SnapshotId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { readableAgainPaths } from '../tables/damage.queries.ts'
import type { SnapshotRecord } from '../tables/snapshots.queries.ts'

/** All of them travel in one message of the link, which takes 1 MB: as base64. */
const mostPaths = 2000
const mostBytes = 400_000

export interface PathsToRead {
  /** Snapshots whose catalogues may be used although something of them is lost: whatever needs that is read again. */
  readonly snapshotIds: readonly SnapshotId[]
  readonly paths: readonly Uint8Array[]
}

/**
 * What a device should read again although it has not changed, so that its newest snapshots need not be forgotten. A snapshot whose damage is not wholly named, or that lost lists of
 * folders, is not among them: then everything is read.
 */
export async function pathsToRead(em: EntityManager, damaged: readonly Pick<SnapshotRecord, 'id'>[]): Promise<PathsToRead> {
  const paths = new Map<string, Uint8Array>()
  const snapshotIds: SnapshotId[] = []
  let bytes = 0
  for (const { id } of damaged) {
    const named = await readableAgainPaths(em, id, mostPaths)
    if (named === null) continue
    const news = named.filter((path) => !paths.has(keyOf(path)))
    bytes += news.reduce((sum, path) => sum + path.length, 0)
    if (paths.size + news.length > mostPaths || bytes > mostBytes) break
    for (const path of news) paths.set(keyOf(path), path)
    snapshotIds.push(id)
  }
  return { snapshotIds, paths: [...paths.values()] }
}

const keyOf = (path: Uint8Array): string => Buffer.from(path.buffer, path.byteOffset, path.byteLength).toString('latin1')
