import { AppError, type SnapshotEntry, type SnapshotId, type WirePath } from '@holdfast/shared-types'
import type { HubClient } from '../hub-connection/hub-client.ts'
import { print, type CommandContext } from './command-context.ts'
import { findSnapshot, parseSnapshotName } from './find-snapshot.ts'
import { formatCounted } from './format-figures.ts'
import { formatEntries } from './format-entry.ts'
import { snapshotPath } from './resolve-path.ts'
import { withHub, type HubAccess } from './with-hub.ts'

export interface LsArguments {
  readonly snapshot: string
  readonly host: string | undefined
  readonly path: string | undefined
  /** Also what was deleted at the source and is kept. */
  readonly withDeleted: boolean
}

const entriesPerPage = 10_000

export async function lsCommand(context: CommandContext, args: LsArguments): Promise<number> {
  const name = parseSnapshotName(args.snapshot)
  const path = args.path === undefined ? null : snapshotPath(args.path)
  const all = await withHub(context, async (access) => {
    const { id } = await findSnapshot(access.client, name, args.host)
    return access.agent.trust.isPrivate ? openedEntriesAt(access, id, path) : entriesAt(access.client, id, path)
  })
  // In a folder that is deleted itself all is, and who names it wants to see it.
  const shown = args.withDeleted || all.isDeleted ? all.entries : all.entries.filter(({ deletedAtMs }) => deletedAtMs === null)
  print(context, shown.map(entryDocument), () => [...formatEntries(shown), ...hiddenLine(all.entries.length - shown.length)])
  return 0
}

export const hiddenLine = (count: number): string[] =>
  count === 0 ? [] : [`${formatCounted(count, 'deleted entry', 'deleted entries')} not shown: add --deleted.`]

interface FoundEntries {
  readonly entries: readonly SnapshotEntry[]
  /** The folder, or the one entry, was deleted at the source. */
  readonly isDeleted: boolean
}

/** The same where the hub cannot look: this device opens the snapshot itself. What that takes is loaded only then. */
async function openedEntriesAt(access: HubAccess, snapshotId: SnapshotId, path: WirePath | null): Promise<FoundEntries> {
  const [{ openPrivateSnapshot }, { listStoredFolder }] = await Promise.all([
    import('./private-snapshot.ts'),
    import('../rescue/list-stored-folder.ts'),
  ])
  const opened = await openPrivateSnapshot(access, snapshotId)
  try {
    return await listStoredFolder(opened, path)
  } finally {
    await opened.source.close()
  }
}

/** What is in a folder, or the one entry that is not a folder. */
async function entriesAt(client: HubClient, snapshotId: SnapshotId, path: WirePath | null): Promise<FoundEntries> {
  const entries: SnapshotEntry[] = []
  for (;;) {
    const page = await client.call(
      'listEntries',
      { params: { snapshotId }, query: { ...queryOf(path), after: entries.length, limit: entriesPerPage } },
      { timeoutMs: 60_000 },
    )
    const isDeleted = page.folder !== null && page.folder.deletedAtMs !== null
    if (page.folder !== null && page.folder.type !== 'folder') return { entries: [page.folder], isDeleted }
    entries.push(...page.items)
    if (entries.length >= page.total) return { entries, isDeleted }
    if (page.items.length === 0)
      throw new AppError('protocol.invalid-message', { message: 'The hub told fewer entries than the folder has.' })
  }
}

const queryOf = (path: WirePath | null): { path?: string; pathBase64?: string } => {
  if (path === null) return {}
  return path.pathBase64 === undefined ? { path: path.path } : { pathBase64: Buffer.from(path.pathBase64, 'base64').toString('base64url') }
}

export const entryDocument = (entry: SnapshotEntry): Record<string, unknown> => ({
  path: entry.path,
  ...(entry.pathBase64 === undefined ? {} : { pathBase64: entry.pathBase64 }),
  type: entry.type,
  mode: entry.mode,
  uid: entry.uid,
  gid: entry.gid,
  size: entry.size,
  mtimeNs: entry.mtimeNs,
  ...(entry.deletedAtMs === null ? {} : { deletedAtMs: entry.deletedAtMs }),
})
