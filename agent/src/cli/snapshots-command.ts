import type { Snapshot } from '@holdfast/shared-types'
import { print, type CommandContext } from './command-context.ts'
import { escapePath, escapeText } from './escape-name.ts'
import { formatBytes, formatCount, formatTime } from './format-figures.ts'
import { formatTable } from './format-table.ts'
import { withHub } from './with-hub.ts'

export async function snapshotsCommand(context: CommandContext, { host }: { readonly host: string | undefined }): Promise<number> {
  const { items } = await withHub(context, ({ client }) => client.call('listSnapshots', { query: { host } }))
  print(context, items.map(snapshotDocument), () => (items.length === 0 ? ['There are no snapshots yet.'] : snapshotTable(items)))
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

export function snapshotTable(snapshots: readonly Snapshot[]): string[] {
  const idLength = shownIdLength(snapshots.map(({ id }) => id))
  return formatTable(
    columns,
    snapshots.map((snapshot) => [
      snapshot.id.slice(0, idLength),
      formatTime(snapshot.createdAtMs),
      escapeText(snapshot.deviceName),
      snapshot.status,
      formatCount(snapshot.files),
      formatBytes(snapshot.bytes),
      snapshot.roots.map(escapePath).join(', '),
    ]),
  )
}

/** As short as names every one of them, and no shorter than `SNAP` may be. */
function shownIdLength(ids: readonly string[]): number {
  for (let length = 8; length < 32; length += 1) if (new Set(ids.map((id) => id.slice(0, length))).size === ids.length) return length
  return 32
}
