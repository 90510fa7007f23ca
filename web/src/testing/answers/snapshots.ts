import { AppError, type Snapshot, type SnapshotEntry, type SnapshotId } from '@holdfast/shared-types'
import type { World } from '../world.ts'
import { found, type AnswerParts, type Answers } from './answers.ts'

function folderAnswer(world: World, key: string, after: number, limit: number) {
  const { folder, items } = found(world.folders.get(key), 'snapshot.path-not-found')
  return { folder, items: items.slice(after, after + limit), total: items.length }
}

const folderKey = (query: { path?: string | undefined; pathBase64?: string | undefined }) =>
  query.pathBase64 === undefined ? (query.path ?? '') : Buffer.from(query.pathBase64, 'base64url').toString('base64')

const dayMs = 86_400_000

/** Changes some, and tells. */
function change({ world, tell }: AnswerParts, ids: readonly SnapshotId[], by: (snapshot: Snapshot) => Snapshot): Snapshot[] {
  const changed = ids.map((id) =>
    by(
      found(
        world.snapshots.find((snapshot) => snapshot.id === id),
        'snapshot.not-found',
      ),
    ),
  )
  world.snapshots = world.snapshots.map((snapshot) => changed.find(({ id }) => id === snapshot.id) ?? snapshot)
  tell('snapshots', { type: 'snapshots.changed', body: { agentIds: [...new Set(changed.map(({ agentId }) => agentId))] } })
  return changed
}

const deletionAnswers = (parts: AnswerParts): Answers => ({
  previewDeletion: ({ body: { snapshotIds } }) => {
    const chosen = parts.world.snapshots.filter(({ id }) => snapshotIds.includes(id))
    const held = chosen.filter((snapshot) => snapshot.held !== null).map(({ id }) => id)
    const recent = chosen.filter(({ createdAtMs }) => createdAtMs > Date.now() - 7 * dayMs).map(({ id }) => id)
    return {
      snapshots: chosen.length,
      bytesFreed: 312_331_120 * chosen.length,
      bytesShared: 1_912_331_120,
      undoUntilMs: Date.now() + 14 * dayMs,
      concerns: [
        ...(held.length === 0 ? [] : [{ kind: 'held' as const, snapshotIds: held }]),
        ...(recent.length === 0 ? [] : [{ kind: 'recent' as const, snapshotIds: recent }]),
      ],
    }
  },
  deleteSnapshots: ({ body: { snapshotIds, confirmed } }) => {
    const chosen = parts.world.snapshots.filter(({ id }) => snapshotIds.includes(id))
    if (chosen.some(({ held }) => held !== null)) throw new AppError('snapshot.held')
    if (!confirmed && chosen.some(({ createdAtMs }) => createdAtMs > Date.now() - 7 * dayMs))
      throw new AppError('snapshot.deletion-unconfirmed')
    const deleted = { atMs: Date.now(), by: parts.world.user.name, undoUntilMs: Date.now() + 14 * dayMs, isGoing: false, replacedBy: null }
    return { items: change(parts, snapshotIds, (snapshot) => ({ ...snapshot, deleted })) }
  },
  undeleteSnapshots: ({ body }) => ({ items: change(parts, body.snapshotIds, (snapshot) => ({ ...snapshot, deleted: null })) }),
  holdSnapshot: ({ params, body }) => {
    const held = { atMs: Date.now(), by: parts.world.user.name, reason: body.reason }
    return found(change(parts, [params.snapshotId], (snapshot) => ({ ...snapshot, held }))[0], 'snapshot.not-found')
  },
  releaseSnapshot: ({ params }) =>
    found(change(parts, [params.snapshotId], (snapshot) => ({ ...snapshot, held: null }))[0], 'snapshot.not-found'),
})

export const snapshotsAnswers = (parts: AnswerParts): Answers => ({
  ...deletionAnswers(parts),
  ...readingAnswers(parts),
})

const readingAnswers = ({ world }: AnswerParts): Answers => ({
  listSnapshots: ({ query }) => ({
    items: world.snapshots
      .filter(({ agentId }) => query.agentId === undefined || agentId === query.agentId)
      .filter(({ deleted }) => (deleted !== null) === (query.kept === 'deleted'))
      .toSorted((a, b) => a.createdAtMs - b.createdAtMs),
  }),
  getSnapshot: ({ params }) =>
    found(
      world.snapshots.find(({ id }) => id === params.snapshot),
      'snapshot.not-found',
    ),
  prepareZip: () => ({ ticket: 'AAAAAAAAAAAAAAAAAAAAAA', expiresAtMs: Date.now() + 900_000 }),
  listEntries: ({ params, query }) => {
    if (world.sealedVaults.some(({ snapshots }) => snapshots.has(params.snapshotId))) throw new AppError('vault.private')
    return folderAnswer(world, folderKey(query), query.after, query.limit)
  },
})

/** For `world.folders`: a folder and what is in it. */
export const aFolder = (
  folder: SnapshotEntry | null,
  items: SnapshotEntry[],
): [string, { folder: SnapshotEntry | null; items: SnapshotEntry[] }] => [
  folder === null ? '' : (folder.pathBase64 ?? folder.path),
  { folder, items },
]
