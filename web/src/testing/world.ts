import type { Device, LogLine, Run, RunId, Snapshot, SnapshotEntry, User, Vault } from '@holdfast/shared-types'

/** Everything the stand-in hub knows. Tests and pictures change it and tell what changed. */
export interface World {
  user: User
  /** Password of the account by e-mail; the link token works once. */
  password: string
  linkToken: string | null
  devices: Device[]
  runs: Run[]
  logs: Map<RunId, LogLine[]>
  snapshots: Snapshot[]
  vaults: Vault[]
  vaultsWithoutRecoveryKey: Vault['id'][]
  /** Entries of a folder by the folder's key: its text path, or its base64 where that is not UTF-8; '' = the top. */
  folders: Map<string, { folder: SnapshotEntry | null; items: SnapshotEntry[] }>
}

let count = 0
const hex = (value: number, length: number) => value.toString(16).padStart(length, '0')

export const anUuid = <T extends string>(): T => `00000000-0000-4000-8000-${hex(++count, 12)}` as T
export const aHexId = <T extends string>(): T => hex(++count, 32) as T

export const minute = 60_000
export const hour = 60 * minute
export const day = 24 * hour

export function aUser(given: Partial<User> = {}): User {
  return { id: anUuid(), name: 'Ada', email: 'ada@example.org', role: 'admin', hasPassword: true, ...given }
}

export function aDevice(given: Partial<Device> = {}): Device {
  const now = Date.now()
  return {
    id: anUuid(),
    name: 'atlas',
    host: {
      hostname: 'atlas.example.org',
      os: 'linux',
      osVersion: 'Debian GNU/Linux 12 (bookworm)',
      arch: 'x64',
      timeZone: 'Europe/Berlin',
      cpuCount: 8,
      memoryBytes: 34_359_738_368,
    },
    version: '0.1.0',
    online: true,
    lastSeenAtMs: now,
    enrolledAtMs: now - 40 * day,
    vaultId: anUuid(),
    domainId: anUuid(),
    lastSnapshotAtMs: now - 3 * hour,
    lastRunStatus: 'succeeded',
    ...given,
  }
}

type BackupSources = readonly string[]

export function aBackupRun(device: Device, given: Partial<Run> = {}, sources: BackupSources = ['/home', '/etc']): Run {
  const now = Date.now()
  return {
    id: anUuid(),
    agentId: device.id,
    deviceName: device.name,
    kind: 'backup',
    state: 'queued',
    request: { kind: 'backup', vaultId: device.vaultId, sources: sources.map((path) => ({ path })), full: false },
    requestedBy: 'Ada',
    planId: null,
    planName: null,
    attempt: 1,
    notBeforeMs: null,
    pausedAtMs: null,
    createdAtMs: now,
    startedAtMs: null,
    finishedAtMs: null,
    progress: null,
    result: null,
    error: null,
    warnings: [],
    warningCount: 0,
    ...given,
  }
}

export function aSnapshot(device: Device, given: Partial<Snapshot> = {}): Snapshot {
  return {
    id: aHexId(),
    vaultId: device.vaultId,
    agentId: device.id,
    deviceName: device.name,
    runId: null,
    createdAtMs: Date.now() - 3 * hour,
    status: 'complete',
    plan: null,
    roots: [{ path: '/home' }, { path: '/etc' }],
    files: 79_213,
    folders: 5_114,
    bytes: 1_402_331_120,
    errors: 0,
    ...given,
  }
}

export function anEntry(path: string, given: Partial<SnapshotEntry> = {}): SnapshotEntry {
  const type = given.type ?? 'file'
  return {
    name: path.slice(path.lastIndexOf('/') + 1),
    path,
    type,
    mode: type === 'folder' ? 0o755 : 0o644,
    uid: 1000,
    gid: 1000,
    user: 'ada',
    group: 'ada',
    size: type === 'file' ? 4096 : 0,
    mtimeNs: '1763712345123456789',
    symlinkTarget: null,
    subtree: type === 'folder' ? { files: 12, bytes: 48_213, errors: 0 } : null,
    ...given,
  }
}

export function aLogLine(seq: number, given: Partial<LogLine> = {}): LogLine {
  return { seq, atMs: Date.now(), level: 'info', event: 'run.progress', message: `Stored pack ${seq}`, path: null, ...given }
}

export function aWorld(given: Partial<World> = {}): World {
  return {
    user: aUser(),
    password: 'correct horse battery',
    linkToken: 'link-token-that-works-once',
    devices: [],
    runs: [],
    logs: new Map(),
    snapshots: [],
    vaults: [],
    vaultsWithoutRecoveryKey: [],
    folders: new Map(),
    ...given,
  }
}
