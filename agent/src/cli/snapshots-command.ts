import type { Snapshot } from '@holdfast/shared-types'
import { print, type CommandContext } from './command-context.ts'
import { escapePath, escapeText } from './escape-name.ts'
import { formatBytes, formatCount, formatTime } from './format-figures.ts'
import { formatTable } from './format-table.ts'
import { withHub } from './with-hub.ts'

interface SnapshotsOptions {
  readonly host: string | undefined
  /** Those that can be had back, instead. */
  readonly isDeleted: boolean
}

export async function snapshotsCommand(context: CommandContext, { host, isDeleted }: SnapshotsOptions): Promise<number> {
  const kept = isDeleted ? 'deleted' : 'kept'
  const { items } = await withHub(context, ({ client }) => client.call('listSnapshots', { query: { host, kept } }))
  const none = isDeleted ? 'There are no deleted snapshots that could be had back.' : 'There are no snapshots yet.'
  print(context, items.map(snapshotDocument), () => (items.length === 0 ? [none] : isDeleted ? deletedTable(items) : snapshotTable(items)))
  return 0
}

export const snapshotDocument = (snapshot: Snapshot): Record<string, unknown> => ({
  id: snapshot.id,
  createdAt: new Date(snapshot.createdAtMs).toISOString(),
  status: snapshot.status,
  host: snapshot.deviceName,
  plan: snapshot.plan,
  files: snapshot.files,
  bytes: snapshot.bytes,
  held: snapshot.held === null ? null : { by: snapshot.held.by, reason: snapshot.held.reason },
  deleted:
    snapshot.deleted === null
      ? null
      : {
          at: new Date(snapshot.deleted.atMs).toISOString(),
          by: snapshot.deleted.by,
          undoUntil: new Date(snapshot.deleted.undoUntilMs).toISOString(),
        },
})

const columns = [
  { title: 'ID' },
  { title: 'Made' },
  { title: 'Host' },
  { title: 'Status' },
  { title: 'Files', alignRight: true },
  { title: 'Size', alignRight: true },
  { title: 'Sources' },
] as const

/** Of a private vault, until a device has looked through the snapshot. */
const unknown = '-'

export function snapshotTable(snapshots: readonly Snapshot[]): string[] {
  const idLength = shownIdLength(snapshots.map(({ id }) => id))
  return formatTable(
    columns,
    snapshots.map((snapshot) => [
      snapshot.id.slice(0, idLength),
      formatTime(snapshot.createdAtMs),
      escapeText(snapshot.deviceName),
      snapshot.status ?? unknown,
      snapshot.files === null ? unknown : formatCount(snapshot.files),
      snapshot.bytes === null ? unknown : formatBytes(snapshot.bytes),
      snapshot.roots.map(escapePath).join(', '),
    ]),
  )
}

const deletedColumns = [
  { title: 'ID' },
  { title: 'Made' },
  { title: 'Host' },
  { title: 'Can be had back' },
  { title: 'Deleted by' },
] as const

function deletedTable(snapshots: readonly Snapshot[]): string[] {
  const idLength = shownIdLength(snapshots.map(({ id }) => id))
  return formatTable(
    deletedColumns,
    snapshots.map(({ id, createdAtMs, deviceName, deleted }) => [
      id.slice(0, idLength),
      formatTime(createdAtMs),
      escapeText(deviceName),
      deleted === null || deleted.isGoing ? 'no: it is being removed' : `until ${formatTime(deleted.undoUntilMs)}`,
      escapeText(deleted?.by ?? ''),
    ]),
  )
}

/** As short as names every one of them, and no shorter than `SNAP` may be. */
function shownIdLength(ids: readonly string[]): number {
  for (let length = 8; length < 32; length += 1) if (new Set(ids.map((id) => id.slice(0, length))).size === ids.length) return length
  return 32
}
