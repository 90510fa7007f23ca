import type { Device, HostEntry, Plan, PlanRun, Run, Snapshot } from '@holdfast/shared-types'
import { aBackupRun, factsOf, aHexId, aHostEntry, aPlan, aSnapshot, day, hour, minute } from './world.ts'

const gib = 1024 ** 3

const ranLast = (plan: Plan, run: Run | undefined): Plan =>
  run === undefined ? plan : { ...plan, lastRun: factsOf(run), lastGoodAtMs: run.finishedAtMs, isShrunk: run.error?.code === 'run.shrunk' }

/** Backups of a plan, one a day, newest first. */
function history(device: Device, plan: Plan, days: number, sizeGib: (daysAgo: number) => number): { runs: Run[]; snapshots: Snapshot[] } {
  const made = Array.from({ length: days }, (_, index) => {
    const finishedAtMs = Date.now() - index * day - 3 * hour
    const size = { files: 71_233 - index * 211, bytes: Math.round(sizeGib(index) * gib) }
    const run = aBackupRun(
      device,
      {
        planId: plan.id,
        planName: plan.name,
        state: index === 4 ? 'warning' : 'succeeded',
        warningCount: index === 4 ? 3 : 0,
        createdAtMs: finishedAtMs - 6 * minute,
        startedAtMs: finishedAtMs - 6 * minute,
        finishedAtMs,
        result: {
          kind: 'backup',
          backupKind: 'incremental',
          snapshotId: aHexId(),
          ...size,
          folders: 5_114,
          filesRead: 412,
          bytesRead: 812_331_120,
          bytesStored: 264_331_120,
          filesNew: 87,
          filesChanged: 325,
          filesUnchanged: size.files - 412,
        },
      },
      plan.sources.map(({ path }) => path),
    )
    return { run, snapshot: aSnapshot(device, { createdAtMs: finishedAtMs, runId: run.id, plan: plan.name, roots: plan.sources, ...size }) }
  })
  return { runs: made.map(({ run }) => run), snapshots: made.slice(0, 6).map(({ snapshot }) => snapshot) }
}

/** Plans in every state, those of the first two with a past: the second one has just shrunk. */
export function galleryPlans(devices: readonly Device[], runs: readonly Run[]) {
  const [atlas, build, files, laptop, reception, web] = devices as [Device, Device, Device, Device, Device, Device]
  const home = aPlan(atlas, {
    name: 'Home',
    sources: [{ path: '/home' }, { path: '/etc' }],
    exclude: ['node_modules/', '*.iso', '/ada/Downloads/'],
    presets: ['linux-user-data'],
    excludeCaches: true,
    timeoutMs: 8 * hour,
    retention: {
      keepLast: 0,
      keepHourly: 0,
      keepDaily: 14,
      keepWeekly: 8,
      keepMonthly: 12,
      keepYearly: 0,
      keepWithin: { years: 0, months: 0, days: 7, hours: 0 },
      minimumAgeDays: 7,
      versionsPerFile: null,
    },
    lastSize: { files: 71_233, bytes: Math.round(14.6 * gib) },
  })
  const builds = aPlan(build, { name: 'Builds', sources: [{ path: '/var/lib/builds' }], lastSize: { files: 181_233, bytes: 96 * gib } })
  const homePast = history(atlas, home, 21, (ago) => 14.6 - ago * 0.09 + Math.sin(ago) * 0.1)
  const buildPast = history(build, builds, 9, (ago) => (ago === 0 ? 11 : 96 - ago * 0.6))
  const [shrunk, ...whole] = buildPast.runs
  const buildRuns: Run[] =
    shrunk === undefined
      ? []
      : [
          {
            ...shrunk,
            state: 'warning',
            error: {
              code: 'run.shrunk',
              message: 'The backup is much smaller than the last good one.',
              cure: 'Look whether a disk is missing or files were deleted. If it is meant so, accept the new size on the plan.',
            },
          },
          ...whole,
        ]
  const [homeLast] = homePast.runs
  const [buildLast] = buildRuns
  const [working, , queued] = runs
  const ended = (device: Device, state: 'failed' | 'succeeded', agoMs: number): PlanRun => ({
    ...factsOf(aBackupRun(device, { state, createdAtMs: Date.now() - agoMs, finishedAtMs: Date.now() - agoMs + 2 * minute })),
  })
  const plans = [
    ranLast(home, homeLast),
    ranLast(builds, buildLast),
    aPlan(atlas, {
      name: 'Databases',
      sources: [{ path: '/var/lib/postgresql' }],
      activeRun: working === undefined ? null : factsOf(working),
      lastRun: ended(atlas, 'succeeded', day),
      lastSize: { files: 2_112, bytes: 44 * gib },
    }),
    aPlan(files, {
      name: 'Shared files',
      sources: [{ path: '/srv/share' }],
      lastRun: ended(files, 'succeeded', 40 * minute),
      lastSize: { files: 812_331, bytes: 211 * gib },
    }),
    aPlan(laptop, {
      name: 'Laptop',
      sources: [{ path: '/Users/grace' }],
      activeRun: queued === undefined ? null : factsOf(queued),
      lastRun: ended(laptop, 'succeeded', 2 * day),
    }),
    aPlan(reception, {
      name: 'Documents of the reception',
      sources: [{ path: 'C:\\Users\\Reception\\Documents' }],
      lastRun: ended(reception, 'failed', 5 * hour),
    }),
    aPlan(web, {
      name: 'Website and everything that belongs to it, with a name that does not fit into its column',
      sources: [{ path: '/srv/www/www.example.org/releases/current/public/uploads' }, { path: '/etc/nginx' }],
      problem: {
        code: 'agent.revoked',
        message: 'This device was removed from the hub.',
        cure: 'If it should come back, enrol it anew as another device.',
      },
    }),
    aPlan(files, {
      name: 'Old archive',
      sources: [{ path: '/srv/archive' }],
      isEnabled: false,
      problem: { code: 'plan.disabled', message: 'The plan is switched off.', cure: 'Switch it on to run it.' },
      lastRun: ended(files, 'succeeded', 60 * day),
      lastSize: { files: 12, bytes: 3 * gib },
    }),
    aPlan(build, { name: 'Settings', sources: [{ path: '/etc' }] }),
  ]
  return { plans, runs: [...homePast.runs, ...buildRuns], snapshots: [...homePast.snapshots, ...buildPast.snapshots] }
}

const file = (name: string, size: number): HostEntry => aHostEntry(name, { type: 'file', size })

/** A disk with something of everything in it. */
export const galleryDisks = (): Map<string, HostEntry[]> =>
  new Map([
    ['', [aHostEntry('/')]],
    [
      '/',
      [
        ...['boot', 'etc', 'home', 'opt', 'root', 'srv', 'usr', 'var'].map((name) => aHostEntry(name)),
        aHostEntry('mnt', { otherFileSystem: true }),
        aHostEntry('locked', { readable: false }),
        file('swapfile', 4 * gib),
      ],
    ],
    ['/home', [aHostEntry('ada'), aHostEntry('grace'), aHostEntry('linus')]],
    [
      '/home/ada',
      [
        aHostEntry('.cache'),
        aHostEntry('.config'),
        aHostEntry('Documents'),
        aHostEntry('Downloads'),
        aHostEntry('photos'),
        aHostEntry('projects'),
        aHostEntry('caf\uFFFD', { nameBase64: Buffer.from('caf\xe9', 'latin1').toString('base64') }),
        file('.bashrc', 3_771),
        file('budget 2026.ods', 48_211),
        aHostEntry('current', { type: 'symlink', symlinkTarget: '/srv/releases/2026-11-20' }),
        file('a file with a very long name that does not fit into the column of a phone and hardly on a desktop.tar.zst', 912_331_120),
      ],
    ],
    ['/home/ada/Documents', [file('letter.odt', 21_113), file('taxes 2025.pdf', 1_213_441)]],
    [
      '/home/ada/photos',
      Array.from({ length: 10_000 }, (_, index) =>
        file(`IMG_${String(index).padStart(5, '0')}.jpg`, 2_000_000 + ((index * 7919) % 3_000_000)),
      ),
    ],
    ['/home/grace', []],
    ['/locked', [aHostEntry('x')]],
    [
      '/srv',
      [
        aHostEntry('backup of the old server that nobody dares to remove'),
        aHostEntry('holdfast', { own: true }),
        aHostEntry('share'),
        aHostEntry('www'),
      ],
    ],
  ])
