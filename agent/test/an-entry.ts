import type { Snapshot, SnapshotEntry } from '@holdfast/shared-types'

/** A file as a hub lists it. */
export const anEntry = (path: string, changes: Partial<SnapshotEntry> = {}): SnapshotEntry => ({
  name: path.slice(path.lastIndexOf('/') + 1),
  path,
  type: 'file',
  mode: 0o644,
  uid: 0,
  gid: 1000,
  user: 'root',
  group: null,
  size: 42,
  mtimeNs: '1700000000123456789',
  symlinkTarget: null,
  deletedAtMs: null,
  subtree: null,
  ...changes,
})

/** What a snapshot says of itself, but for whose it is. */
export const snapshotFacts = {
  vaultKind: 'managed',
  deviceName: 'box',
  runId: null,
  createdAtMs: Date.UTC(2026, 0, 2, 3, 4, 5),
  status: 'complete',
  plan: null,
  roots: [{ path: '/etc' }],
  files: 12_345,
  folders: 2,
  bytes: 5_000_000,
  errors: 0,
  held: null,
  deleted: null,
  rewritten: null,
} satisfies Partial<Snapshot>
