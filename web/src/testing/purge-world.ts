import type { Purge, PurgePreview, VaultId } from '@holdfast/shared-types'

const hour = 3_600_000

/** What is looked for is found in nine snapshots. */
export const aPurgePreview = (given: Partial<PurgePreview> = {}): PurgePreview => ({
  snapshots: 412,
  snapshotsAffected: 9,
  deletedAffected: 0,
  entries: 27,
  bytes: 41_213,
  samples: [{ path: '/home/ada/.ssh/id_ed25519' }, { path: '/home/ada/projects/website/.env' }, { path: '/home/ada/passwords.kdbx' }],
  held: [],
  inUse: [],
  unreadable: [],
  undoDays: 14,
  ...given,
})

/** One that is done. */
export const aPurge = (given: Partial<Purge> = {}): Purge => ({
  id: '00000000-0000-4000-8000-00000000ab01',
  vaultId: '00000000-0000-4000-8000-0000000000aa' as VaultId,
  agentIds: null,
  paths: [{ path: '/home/ada/passwords.kdbx' }],
  patterns: [],
  keepsUndo: false,
  state: 'done',
  startedBy: 'Ada',
  startedAtMs: Date.now() - 30 * hour,
  endedAtMs: Date.now() - 26 * hour,
  progress: null,
  snapshotsRewritten: 9,
  entries: 27,
  bytes: 41_213,
  waitingFor: null,
  error: null,
  ...given,
})

/** One of each state, newest first. */
export const somePurges = (vaultId: VaultId): Purge[] => [
  aPurge({
    vaultId,
    id: '00000000-0000-4000-8000-00000000ab04',
    paths: [{ path: '/srv/share/Human resources/2019' }],
    patterns: ['*.pem', '*.key', 'id_ed25519'],
    keepsUndo: true,
    state: 'rewriting',
    startedAtMs: Date.now() - 60_000,
    endedAtMs: null,
    progress: { done: 118, total: 412 },
    snapshotsRewritten: 31,
    entries: 2_113,
    bytes: 912_331_120,
  }),
  aPurge({
    vaultId,
    id: '00000000-0000-4000-8000-00000000ab03',
    paths: [{ path: '/home/ada/projects/website/.env' }],
    keepsUndo: true,
    state: 'collecting',
    startedAtMs: Date.now() - 3 * hour,
    endedAtMs: null,
    waitingFor: { snapshots: 9, undoUntilMs: Date.now() + 14 * 24 * hour, segments: 4 },
  }),
  aPurge({
    vaultId,
    id: '00000000-0000-4000-8000-00000000ab02',
    paths: [],
    patterns: ['*.pst'],
    state: 'failed',
    snapshotsRewritten: 3,
    error: { code: 'store.unavailable', message: 'The store is away.', cure: 'Look whether its disk is mounted.' },
  }),
  aPurge({ vaultId }),
]
