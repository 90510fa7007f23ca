import type { SnapshotEntry } from '@holdfast/shared-types'
import type { World } from '../world.ts'
import { found, type AnswerParts, type Answers } from './answers.ts'

function folderAnswer(world: World, key: string, after: number, limit: number) {
  const { folder, items } = found(world.folders.get(key), 'snapshot.path-not-found')
  return { folder, items: items.slice(after, after + limit), total: items.length }
}

const folderKey = (query: { path?: string | undefined; pathBase64?: string | undefined }) =>
  query.pathBase64 === undefined ? (query.path ?? '') : Buffer.from(query.pathBase64, 'base64url').toString('base64')

export const snapshotsAnswers = ({ world }: AnswerParts): Answers => ({
  listSnapshots: ({ query }) => ({
    items: world.snapshots
      .filter(({ agentId }) => query.agentId === undefined || agentId === query.agentId)
      .toSorted((a, b) => a.createdAtMs - b.createdAtMs),
  }),
  getSnapshot: ({ params }) =>
    found(
      world.snapshots.find(({ id }) => id === params.snapshot),
      'snapshot.not-found',
    ),
  prepareZip: () => ({ ticket: 'AAAAAAAAAAAAAAAAAAAAAA', expiresAtMs: Date.now() + 900_000 }),
  listEntries: ({ query }) => folderAnswer(world, folderKey(query), query.after, query.limit),
})

/** For `world.folders`: a folder and what is in it. */
export const aFolder = (
  folder: SnapshotEntry | null,
  items: SnapshotEntry[],
): [string, { folder: SnapshotEntry | null; items: SnapshotEntry[] }] => [
  folder === null ? '' : (folder.pathBase64 ?? folder.path),
  { folder, items },
]
