import type {
  Account,
  ApiToken,
  AuditEntry,
  CollectionPreview,
  ConnectionTest,
  Device,
  Health,
  HostEntry,
  LogLine,
  Plan,
  PlanRun,
  Purge,
  PurgePreview,
  RetentionPreview,
  RetentionWait,
  Run,
  RunCurve,
  RunEvent,
  RunId,
  SignIn,
  Snapshot,
  SnapshotEntry,
  User,
  Vault,
  VaultDetails,
  VaultUsage,
  VersionLimitEffect,
} from '@holdfast/shared-types'

import type { SealedVault } from './sealed-vault.ts'

/** Everything the stand-in hub knows. Tests and pictures change it and tell what changed. */
export interface World {
  user: User
  /** Password of the account by e-mail; the link token works once. */
  password: string
  linkToken: string | null
  devices: Device[]
  plans: Plan[]
  runs: Run[]
  logs: Map<RunId, LogLine[]>
  runEvents: Map<RunId, RunEvent[]>
  runCurves: Map<RunId, RunCurve>
  /** Deleted ones among them. */
  snapshots: Snapshot[]
  retentionWaits: RetentionWait[]
  /** What every preview of rules says; null: that there are none to go. */
  retentionPreview: RetentionPreview | null
  vaults: Vault[]
  /** In the list after those; these have a page. */
  vaultDetails: VaultDetails[]
  vaultUsages: VaultUsage[]
  collectionPreview: CollectionPreview
  purges: Purge[]
  /** What every look before a purge says; null: that no snapshot has anything of it. */
  purgePreview: PurgePreview | null
  /** What a limit of versions would do, whatever it is; null: nothing. */
  versionLimit: (VersionLimitEffect & { readonly needsWord: boolean }) | null
  /** Private ones, really sealed. */
  sealedVaults: SealedVault[]
  vaultsWithoutRecoveryKey: Vault['id'][]
  /** Entries of a folder by the folder's key: its text path, or its base64 where that is not UTF-8; '' = the top. */
  folders: Map<string, { folder: SnapshotEntry | null; items: SnapshotEntry[] }>
  /** Accounts besides the user's own. */
  otherPeople: Account[]
  tokens: ApiToken[]
  signIns: SignIn[]
  /** Newest first. */
  audit: AuditEntry[]
  health: Health
  connectionTests: { store: ConnectionTest; database: ConnectionTest }
  /** How long every sign-in is held off; null: not at all. */
  signInWaitSeconds: number | null
  /** Entries of folders on every device, by path; '' = the roots. A path that is absent is not there. */
  disks: Map<string, HostEntry[]>
  /** Measurements begin and tell nothing yet. */
  isCounting: boolean
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

/** Of every device that says nothing else: one circle of keys. */
const sharedVaultId = anUuid<Device['vaultId']>()
const sharedDomainId = anUuid<Device['domainId']>()

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
    vaultId: sharedVaultId,
    domainId: sharedDomainId,
    waitsForKeys: false,
    lastSnapshotAtMs: now - 3 * hour,
    lastRunStatus: 'succeeded',
    tags: [],
    limits: { uploadBytesPerSecond: null, isBackground: true },
    ...given,
  }
}

/** As administrators see the account of a user. */
export const anAccount = (given: Partial<Account> = {}): Account => ({
  ...aUser(),
  createdAtMs: Date.now() - 40 * day,
  disabledAtMs: null,
  lastSeenAtMs: Date.now() - 2 * minute,
  ...given,
})

const step = (name: ConnectionTest['steps'][number]['name'], durationMs: number) => ({ name, ok: true, durationMs, error: null })

/** A run as its plan tells of it. */
export const factsOf = ({ id, state, createdAtMs, finishedAtMs, error, warningCount }: Run): PlanRun => ({
  id,
  state,
  createdAtMs,
  finishedAtMs,
  error,
  warningCount,
})

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
    trigger: 'order',
    planId: null,
    planName: null,
    attempt: 1,
    attempts: null,
    notBeforeMs: null,
    pausedAtMs: null,
    waitsFor: null,
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

export function aPlan(device: Device, given: Partial<Plan> = {}): Plan {
  const now = Date.now()
  return {
    id: anUuid(),
    agentId: device.id,
    deviceName: device.name,
    vaultId: device.vaultId,
    name: 'Home',
    sources: [{ path: '/home' }],
    compression: 'fast',
    deletedFiles: 'follow',
    retries: { count: 3, firstDelayMs: 5 * minute },
    timeoutMs: null,
    shrinkLimitPercent: 50,
    retention: null,
    isEnabled: true,
    revision: 1,
    createdAtMs: now - 30 * day,
    updatedAtMs: now - 3 * day,
    problem: null,
    lastSize: null,
    lastRun: null,
    activeRun: null,
    lastGoodAtMs: given.lastRun?.state === 'succeeded' || given.lastRun?.state === 'warning' ? given.lastRun.finishedAtMs : null,
    isShrunk: false,
    ...given,
  }
}

const fine = { status: 'ok' as const, latencyMs: 3, code: null, params: {}, message: null, cure: null }
export const aHealth = (): World['health'] => ({
  status: 'ok',
  checks: { database: 'ok', store: 'ok' },
  details: { version: '0.1.0', uptimeMs: 3 * day, checks: { database: fine, store: fine } },
})
export function aHostEntry(name: string, given: Partial<HostEntry> = {}): HostEntry {
  return {
    name,
    type: 'folder',
    size: 0,
    mtimeMs: Date.now() - day,
    readable: true,
    otherFileSystem: false,
    symlinkTarget: null,
    own: false,
    ...given,
  }
}

export function aSnapshot(device: Device, given: Partial<Snapshot> = {}): Snapshot {
  return {
    id: aHexId(),
    vaultId: device.vaultId,
    vaultKind: 'managed',
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
    held: null,
    deleted: null,
    rewritten: null,
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
    deletedAtMs: null,
    subtree: type === 'folder' ? { files: 12, bytes: 48_213, errors: 0 } : null,
    ...given,
  }
}

export function aLogLine(seq: number, given: Partial<LogLine> = {}): LogLine {
  return { seq, atMs: Date.now(), level: 'info', event: 'run.progress', message: `Stored pack ${seq}`, path: null, ...given }
}

/** The steps that a run went through, a second apart: each is an input and what it made of the run. */
export function runEvents(
  beganMs: number,
  ...steps: readonly (readonly [input: string, toState: Run['state'], reason?: string])[]
): RunEvent[] {
  return steps.map(([input, toState, reason], index) => ({
    n: index + 1,
    atMs: beganMs + index * 1000,
    input,
    fromState: steps[index - 1]?.[1] ?? 'queued',
    toState,
    fence: 1,
    reason: reason ?? null,
  }))
}

export function aVault(given: Partial<VaultDetails> = {}): VaultDetails {
  const now = Date.now()
  return {
    id: anUuid(),
    name: 'Default vault',
    kind: 'managed',
    createdAtMs: now - 240 * day,
    storeKind: 'directory',
    packs: 9_312,
    bytesStored: 148_912_331_120,
    snapshots: 412,
    recoveryKeyExported: true,
    recoveryKey: { exportedAtMs: now - 40 * day, exportedBy: 'Ada' },
    store: {
      place: '/var/lib/holdfast/store/00000000-0000-4000-8000-0000000000aa',
      isReachable: true,
      freeBytes: 812_331_120_640,
      isLow: false,
    },
    damage: null,
    packsLost: 0,
    snapshotsLost: 0,
    snapshotsDamaged: 0,
    lastCheck: null,
    collection: null,
    undoDays: 14,
    snapshotsDeleted: 0,
    untaken: { count: 0, objects: [] },
    ...given,
  }
}

export function aVaultUsage(given: Partial<VaultUsage> = {}): VaultUsage {
  const now = Date.now()
  return {
    vaultId: anUuid(),
    countedAtMs: now - 8_000,
    snapshots: 412,
    bytesLogical: 6_912_331_120_000,
    bytesStored: 148_912_331_120,
    packs: 9_312,
    bytesData: 146_812_331_120,
    bytesMetadata: 2_100_000_000,
    distinct: { bytes: 301_912_331_120, logicalBytes: 6_912_331_120_000, snapshots: 412, countedAtMs: now - 8_000 },
    distinctState: 'current',
    devices: [],
    deviceCount: 0,
    bytesOfUnknown: 0,
    days: [],
    ...given,
  }
}

export function aWorld(given: Partial<World> = {}): World {
  return {
    user: aUser(),
    password: 'correct horse battery',
    linkToken: 'link-token-that-works-once',
    devices: [],
    plans: [],
    runs: [],
    logs: new Map(),
    runEvents: new Map(),
    runCurves: new Map(),
    snapshots: [],
    retentionWaits: [],
    retentionPreview: null,
    vaults: [],
    vaultDetails: [],
    purges: [],
    purgePreview: null,
    versionLimit: null,
    collectionPreview: { snapshots: 4, packsFound: 212, bytesFound: 3_812_331_120, percentFound: 2.6, mostPercent: 20 },
    vaultUsages: [],
    sealedVaults: [],
    vaultsWithoutRecoveryKey: [],
    health: aHealth(),
    folders: new Map(),
    otherPeople: [],
    tokens: [],
    signIns: [],
    audit: [],
    connectionTests: {
      store: {
        ok: true,
        steps: [step('connect', 0.4), step('write', 3.1), step('read', 0.8), step('list', 0.6), step('delete', 0.7)],
        freeBytes: 412_316_860_416,
      },
      database: { ok: true, steps: [step('connect', 1.2), step('write', 2.4), step('read', 0.6)], version: '17.6' },
    },
    signInWaitSeconds: null,
    disks: new Map(),
    isCounting: false,
    ...given,
  }
}
