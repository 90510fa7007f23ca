import type { Device, LogLine, Run, RunProgressSample, SnapshotEntry } from '@holdfast/shared-types'
import { aFolder } from './answers/snapshots.ts'
import { peopleOfGallery } from './gallery-people.ts'
import { galleryDisks, galleryPlans } from './gallery-plans.ts'
import { galleryVaults } from './gallery-vaults.ts'
import { aBackupRun, aDevice, aHexId, aLogLine, anEntry, aSnapshot, aUser, aWorld, day, hour, minute, type World } from './world.ts'

const gib = 1024 ** 3

function devices(): Device[] {
  const now = Date.now()
  const host = aDevice().host
  return [
    aDevice({ tags: ['production', 'rack 4'], lastProvedAtMs: now - 2 * day }),
    aDevice({
      name: 'build-03',
      tags: ['build', 'production', 'rack 4', 'nightly'],
      host: { ...host, hostname: 'build-03', osVersion: 'Ubuntu 24.04.3 LTS', cpuCount: 32, memoryBytes: 128 * gib },
      lastSnapshotAtMs: now - 26 * hour,
      lastProvedAtMs: now - 5 * day,
    }),
    aDevice({
      name: 'fileserver',
      limits: { uploadBytesPerSecond: 8 * 1024 ** 2, isBackground: false },
      tags: ['production'],
      host: { ...host, hostname: 'fs.example.org', osVersion: 'Debian GNU/Linux 13 (trixie)' },
      lastSnapshotAtMs: now - 40 * minute,
      lastProvedAtMs: now - 33 * day,
    }),
    aDevice({
      name: 'Grace’s laptop',
      tags: ['laptops'],
      host: { ...host, os: 'macos', hostname: 'grace-mbp', osVersion: '15.6', arch: 'arm64' },
      online: false,
      lastSeenAtMs: now - 2 * day,
      lastSnapshotAtMs: now - 2 * day,
      lastProvedAtMs: null,
    }),
    aDevice({
      name: 'reception',
      host: { ...host, os: 'windows', hostname: 'RECEPTION-PC', osVersion: 'Windows 11 Pro 24H2', cpuCount: 4, memoryBytes: 16 * gib },
      lastSnapshotAtMs: null,
      lastProvedAtMs: null,
      lastRunStatus: null,
    }),
    aDevice({
      name: 'web-frankfurt-with-a-rather-long-name-01',
      host: { ...host, hostname: 'web-fra-01' },
      online: false,
      lastSeenAtMs: null,
      lastSnapshotAtMs: null,
      lastRunStatus: null,
    }),
  ]
}

export const sample = (given: Partial<RunProgressSample> = {}): RunProgressSample => ({
  phase: 'transferring',
  filesDone: 48_112,
  bytesDone: 9.2 * gib,
  filesTotal: 79_213,
  bytesTotal: 14.6 * gib,
  filesRead: 3_120,
  bytesRead: 4.1 * gib,
  bytesStored: Math.round(1.9 * gib),
  warnings: 2,
  currentPath: '/home/ada/projects/kernel/drivers/gpu/drm/amd/display/dc/dml2/display_mode_core.c',
  elapsedMs: 94_000,
  ...given,
})
const whole = (progress: RunProgressSample): RunProgressSample => ({
  ...progress,
  bytesDone: Math.round(progress.bytesDone),
  bytesTotal: progress.bytesTotal === null ? null : Math.round(progress.bytesTotal),
  bytesRead: Math.round(progress.bytesRead),
})

const warnings = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    path: index === 1 ? '/home/ada/caf\uFFFD/notes.txt' : `/var/lib/private/service-${index}/state.db`,
    ...(index === 1 ? { pathBase64: Buffer.from('/home/ada/caf\xe9/notes.txt', 'latin1').toString('base64') } : {}),
    code: index % 3 === 0 ? 'source.unreadable' : index % 3 === 1 ? 'source.changed' : 'source.io-error',
    message: index % 3 === 0 ? 'The agent may not read this.' : 'The file changed while it was read, three times in a row.',
  }))

function runs(of: readonly Device[]): Run[] {
  const now = Date.now()
  const [atlas, build, files, laptop, reception] = of as [Device, Device, Device, Device, Device]
  const result = {
    kind: 'backup' as const,
    backupKind: 'incremental' as const,
    snapshotId: aHexId<never>(),
    files: 79_213,
    folders: 5_114,
    bytes: Math.round(14.6 * gib),
    filesRead: 412,
    bytesRead: 812_331_120,
    bytesStored: 264_331_120,
    filesNew: 87,
    filesChanged: 325,
    filesUnchanged: 78_801,
  }
  const ended = (device: Device, agoMs: number, tookMs: number, given: Partial<Run>) =>
    aBackupRun(device, { createdAtMs: now - agoMs - tookMs - 900, startedAtMs: now - agoMs - tookMs, finishedAtMs: now - agoMs, ...given })
  return [
    aBackupRun(atlas, {
      state: 'running',
      createdAtMs: now - 95_000,
      startedAtMs: now - 94_000,
      progress: whole(sample()),
      warningCount: 2,
      warnings: warnings(2),
    }),
    aBackupRun(build, {
      state: 'running',
      createdAtMs: now - 20_000,
      startedAtMs: now - 19_000,
      progress: whole(
        sample({ phase: 'scanning', filesTotal: null, bytesTotal: null, filesDone: 2_144, bytesDone: 311_000_000, elapsedMs: 19_000 }),
      ),
    }),
    aBackupRun(laptop, { state: 'queued', createdAtMs: now - 5 * minute }),
    ended(files, 40 * minute, 312_000, { state: 'succeeded', result }),
    ended(atlas, 3 * hour, 401_000, {
      state: 'warning',
      result: { ...result, backupKind: 'full' },
      warnings: warnings(14),
      warningCount: 2_316,
    }),
    ended(reception, 5 * hour, 3_000, {
      state: 'failed',
      error: {
        code: 'run.nothing-to-back-up',
        message: 'None of the sources could be read: C:\\Users\\Reception\\Documents does not exist.',
        cure: 'Check that they exist and that the agent may read them.',
      },
    }),
    ended(build, 26 * hour, 94_000, { state: 'succeeded', result }),
    ended(laptop, 2 * day, 44_000, {
      state: 'expired',
      error: {
        code: 'run.expired',
        message: 'The run showed no progress for its whole lease.',
        cure: 'Check the device and its network, then run it again.',
      },
    }),
    ended(atlas, 2 * day, 21_000, {
      state: 'cancelled',
      error: { code: 'run.cancelled', message: 'The run was cancelled.', cure: 'Start it again when you like.' },
    }),
    ended(atlas, 3 * day, 61_000, {
      state: 'succeeded',
      kind: 'restore',
      request: { kind: 'restore', snapshotId: aHexId(), target: { path: '/tmp/restored' }, flat: false, paths: [{ path: '/etc/nginx' }] },
      result: {
        kind: 'restore',
        snapshotId: aHexId(),
        filesRequested: 214,
        filesWritten: 214,
        filesUnchanged: 201,
        filesSkipped: 0,
        bytesWritten: 1_882_113,
        entriesReplaced: 9,
      },
    }),
    ended(files, 4 * day, 512_000, {
      state: 'succeeded',
      kind: 'verify',
      request: { kind: 'verify', snapshotId: aHexId() },
      result: { kind: 'verify', snapshotId: aHexId(), files: 79_213, bytes: Math.round(14.6 * gib), blobsChecked: 81_223, problems: 0 },
    }),
  ]
}

const messages = ['Read folder', 'Stored pack 7f3c9a21 (16.0 MiB)', 'Skipped unchanged folder', 'Compressed segment', 'Checkpoint written']

export const logOf = (count: number): LogLine[] =>
  Array.from({ length: count }, (_, index) =>
    aLogLine(index + 1, {
      atMs: Date.now() - (count - index) * 37,
      level: index % 97 === 41 ? 'warn' : index % 211 === 100 ? 'error' : 'info',
      message:
        index % 97 === 41
          ? 'The file changed while it was read; reading it again'
          : index % 211 === 100
            ? 'The agent may not read this'
            : (messages[index % messages.length] ?? ''),
      path: index % 5 === 1 || index % 5 === 4 ? null : `/home/ada/projects/kernel/drivers/net/ethernet/unit-${index}.c`,
    }),
  )

function folders(): World['folders'] {
  const home = anEntry('/home', {
    type: 'folder',
    user: 'root',
    group: 'root',
    uid: 0,
    gid: 0,
    subtree: { files: 71_233, bytes: Math.round(13.9 * gib), errors: 2 },
  })
  const etc = anEntry('/etc', {
    type: 'folder',
    user: 'root',
    group: 'root',
    uid: 0,
    gid: 0,
    subtree: { files: 1_844, bytes: 8_211_334, errors: 0 },
  })
  const ada = anEntry('/home/ada', { type: 'folder', mode: 0o2750, subtree: { files: 71_233, bytes: Math.round(13.9 * gib), errors: 2 } })
  const rawName = Buffer.from('/home/ada/caf\xe9', 'latin1').toString('base64')
  const lossy = anEntry('/home/ada/caf\uFFFD', { type: 'folder', pathBase64: rawName, subtree: { files: 2, bytes: 212, errors: 0 } })
  const many = anEntry('/home/ada/photos', { type: 'folder', subtree: { files: 25_000, bytes: 11 * gib, errors: 0 } })
  const items: SnapshotEntry[] = [
    lossy,
    many,
    anEntry('/home/ada/projects', {
      type: 'folder',
      mtimeNs: '1763708345000000000',
      subtree: { files: 45_112, bytes: 2_311_998_112, errors: 2 },
    }),
    anEntry('/home/ada/.bashrc', { size: 3_771, mtimeNs: '1689000000000000000' }),
    anEntry('/home/ada/budget 2026.ods', { size: 48_211 }),
    anEntry('/home/ada/budget 2024.ods', { size: 39_004, deletedAtMs: Date.now() - 40 * 86_400_000 }),
    anEntry('/home/ada/old site', {
      type: 'folder',
      subtree: { files: 214, bytes: 31_882_004, errors: 0 },
      deletedAtMs: Date.now() - 3 * 86_400_000,
    }),
    anEntry('/home/ada/current', { type: 'symlink', symlinkTarget: '/srv/releases/2026-11-20', mode: 0o777, size: 24 }),
    anEntry('/home/ada/disk.img', { size: 8 * gib, mtimeNs: '1763000000000000000' }),
    anEntry('/home/ada/events.fifo', { type: 'fifo' }),
    anEntry('/home/ada/locked.db', { type: 'error', mode: 0o600, user: null, group: null, uid: 0, gid: 0 }),
    anEntry('/home/ada/a file with a very long name that does not fit into the column of a phone and hardly on a desktop.tar.zst', {
      size: 912_331_120,
    }),
  ]
  const photos = Array.from({ length: 25_000 }, (_, index) =>
    anEntry(`/home/ada/photos/IMG_${String(index).padStart(5, '0')}.jpg`, { size: 2_000_000 + ((index * 7919) % 3_000_000) }),
  )
  return new Map([
    aFolder(null, [etc, home]),
    aFolder(home, [ada]),
    aFolder(etc, []),
    aFolder(ada, items),
    aFolder(lossy, [
      anEntry('/home/ada/caf\uFFFD/notes.txt', {
        pathBase64: Buffer.from('/home/ada/caf\xe9/notes.txt', 'latin1').toString('base64'),
        size: 212,
      }),
    ]),
    aFolder(many, photos),
  ])
}

/** As many devices as a large house has, in all states. */
export function fleetOf(size: number): Device[] {
  const now = Date.now()
  const roles = ['web', 'db', 'mail', 'build', 'desk'] as const
  const { host } = aDevice()
  return Array.from({ length: size }, (_, index) => {
    const role = roles[index % roles.length] ?? 'web'
    const online = index % 11 !== 3
    const name = `${role}-${String(Math.floor(index / roles.length) + 1).padStart(4, '0')}`
    return aDevice({
      name,
      host: {
        ...host,
        hostname: `${name}.example.org`,
        os: role === 'desk' ? 'windows' : 'linux',
        osVersion: role === 'desk' ? 'Windows 11 Pro 24H2' : host.osVersion,
      },
      tags: [role, ...(index % 3 === 0 ? ['production'] : []), `rack ${(index % 24) + 1}`],
      online,
      lastSeenAtMs: online ? now : now - (index % 9) * hour,
      lastSnapshotAtMs: index % 97 === 5 ? null : now - (index % 41) * 37 * minute - (index % 53 === 7 ? 3 * day : 0),
      ...(index % 401 === 17 ? { revokedAtMs: now - 20 * day, online: false } : {}),
    })
  })
}

/** A world with something of everything, for pictures. */
export function galleryWorld(): World {
  const known = devices()
  const [atlas, build, files, laptop] = known as [Device, Device, Device, Device]
  const made = runs(known)
  const now = Date.now()
  const snapshots = [
    aSnapshot(atlas, {
      createdAtMs: now - 3 * hour,
      status: 'complete-with-errors',
      errors: 2_316,
      bytes: Math.round(14.6 * gib),
      runId: made[4]?.id ?? null,
    }),
    aSnapshot(files, { createdAtMs: now - 40 * minute, roots: [{ path: '/srv/share' }], bytes: Math.round(211.4 * gib), files: 812_331 }),
    aSnapshot(build, { createdAtMs: now - 26 * hour, roots: [{ path: '/var/lib/builds' }, { path: '/etc' }, { path: '/root' }] }),
    aSnapshot(laptop, { createdAtMs: now - 2 * day, roots: [{ path: '/Users/grace' }], status: 'partial' }),
    ...Array.from({ length: 12 }, (_, index) =>
      aSnapshot(atlas, { createdAtMs: now - (index + 1) * day, bytes: Math.round((14.5 - index * 0.1) * gib) }),
    ),
  ]
  const plans = galleryPlans(known, made)
  const [running, scanning, , , warned] = made as [Run, Run, Run, Run, Run]
  const user = aUser()
  return aWorld({
    user,
    ...peopleOfGallery(user, atlas.id),
    devices: known,
    plans: plans.plans,
    runs: [...made, ...plans.runs],
    snapshots: [...snapshots, ...plans.snapshots],
    disks: galleryDisks(),
    logs: new Map([
      [running.id, logOf(340)],
      [scanning.id, logOf(20)],
      [warned.id, logOf(20_000)],
    ]),
    folders: folders(),
    ...galleryVaults(known),
  })
}
