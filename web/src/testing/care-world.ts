import type { AgentId, CareKind, CareStory, DamagedPath, SnapshotId, VaultCare, VaultCollection } from '@holdfast/shared-types'

const hour = 3_600_000
const none: CareStory['counts'] = { packs: 0, segments: 0, blobs: 0, snapshots: 0, bytes: 0, named: 0, problems: 0 }

const story = (kind: CareKind, agoMs: number, counts: Partial<CareStory['counts']>, given: Partial<CareStory> = {}): CareStory => ({
  kind,
  state: 'done',
  startedBy: null,
  startedAtMs: Date.now() - agoMs - 600_000,
  endedAtMs: Date.now() - agoMs,
  counts: { ...none, ...counts },
  error: null,
  ...given,
})

/** A vault that is looked after every night. @param isDamaged and in which something was found */
export function aVaultCare(isDamaged = false): VaultCare {
  const found: Partial<CareStory> = isDamaged ? { state: 'damaged' } : {}
  const lasts: Readonly<Record<CareKind, CareStory | null>> = {
    list: story('list', 9 * hour, { packs: 9312, snapshots: 412 }),
    scrub: story('scrub', 7 * hour, { packs: 672, bytes: 10_812_331_120, problems: isDamaged ? 1 : 0 }, found),
    sample: story('sample', 8 * hour, { segments: 1210, bytes: 312_331_120 }),
    audit: story('audit', 8.5 * hour, { snapshots: 12 }),
    damage: null,
    healing: isDamaged ? story('healing', 6.5 * hour, { named: 1, snapshots: 1, problems: 3 }, found) : null,
    collection: isDamaged
      ? story(
          'collection',
          5 * hour,
          {},
          {
            state: 'failed',
            error: { code: 'store.unavailable', message: 'The store is away.', cure: 'Look whether its disk is mounted.' },
          },
        )
      : story('collection', 5 * hour, { packs: 41, bytes: 612_331_120, snapshots: 7 }),
    drills: story('drills', 4 * hour, { named: 3 }, isDamaged ? { state: 'running', endedAtMs: null } : {}),
  }
  const tomorrow = new Date(Date.now() + 14 * hour).setMinutes(10, 0, 0)
  return {
    works: (Object.keys(lasts) as CareKind[]).map((kind) => ({
      kind,
      last: lasts[kind],
      nextAtMs: kind === 'damage' || kind === 'healing' ? null : tomorrow,
      isWaiting: false,
    })),
    timeZone: 'Europe/Berlin',
    scrubbed: {
      days: 30,
      packs: isDamaged ? 6031 : 9312,
      packsTotal: 9312,
      bytes: isDamaged ? 96_912_331_120 : 148_912_331_120,
      bytesTotal: 148_912_331_120,
      allSinceMs: isDamaged ? null : Date.now() - 29 * 24 * hour,
    },
    damage: {
      packsLost: 0,
      packsDamaged: isDamaged ? 1 : 0,
      segmentsLost: isDamaged ? 2 : 0,
      snapshots: isDamaged ? 3 : 0,
      named: isDamaged ? 4 : 0,
      canBeNamed: true,
      hasMore: false,
      snapshotsHealed: isDamaged ? 1 : 0,
    },
  }
}

/** A collection that came to its end five hours ago. */
export const aCollection = (given: Partial<VaultCollection> = {}): VaultCollection => ({
  state: 'done',
  startedBy: 'Holdfast',
  startedAtMs: Date.now() - 5 * hour - 600_000,
  endedAtMs: Date.now() - 5 * hour,
  waitingFor: null,
  packsFound: 41,
  bytesFound: 612_331_120,
  percentFound: 0.4,
  snapshotsRemoved: 7,
  packsRemoved: 41,
  bytesRemoved: 612_331_120,
  bytesMoved: 0,
  error: null,
  ...given,
})

export const someDamagedPaths = (): DamagedPath[] =>
  ['/home/ada/Pictures/2025/summer/IMG_4711.jpg', '/home/ada/Documents/taxes/2025.ods', '/srv/mail/archive.mbox', '/srv/projects/old'].map(
    (path, index) => ({
      id: index + 1,
      snapshotId: 'ab'.repeat(16) as SnapshotId,
      agentId: '00000000-0000-4000-8000-0000000000ab' as AgentId,
      deviceName: index < 2 ? 'ada-laptop' : 'mail-server',
      createdAtMs: Date.now() - (index + 1) * 30 * hour,
      path,
      isFolder: index === 3,
      healing: (['asked', 'healed', 'waiting', 'gone'] as const)[index] ?? null,
    }),
  )
