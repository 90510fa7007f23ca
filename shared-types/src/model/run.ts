import { z } from 'zod'
import { AgentId, BlobId, PlanId, RunId, SnapshotId, VaultId } from '../primitives/ids.ts'
import { ExclusionPattern } from '../primitives/exclusion-pattern.ts'
import { ByteCount, Count, TimeMs, WirePath } from '../primitives/wire-path.ts'
import { fitsOneMessage, tooLongTogether } from './patterns-limit.ts'
import { RestoreRequest } from './restore-request.ts'
import { SnapshotSummary } from './snapshot.ts'

export const RunKind = z.enum(['backup', 'restore', 'verify'])
export type RunKind = z.infer<typeof RunKind>

/**
 * Why there is a run: somebody asked for it; its device is to show that it can restore; what it had backed up was found damaged in the vault;
 * its vault is private, and the hub cannot look through a snapshot itself.
 */
export const RunTrigger = z.enum(['order', 'drill', 'heal', 'audit'])
export type RunTrigger = z.infer<typeof RunTrigger>

export const activeRunStates = ['queued', 'offered', 'running', 'committing'] as const
export const endRunStates = ['succeeded', 'warning', 'failed', 'cancelled', 'expired'] as const
export const RunState = z.enum([...activeRunStates, ...endRunStates])
export type RunState = z.infer<typeof RunState>
export const RunOutcome = z.enum(endRunStates)
export type RunOutcome = z.infer<typeof RunOutcome>
export const isEndState = (state: RunState): state is RunOutcome => (endRunStates as readonly string[]).includes(state)

export const PresetName = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/)

/**
 * What a backup leaves out, besides the places that are never kept. All of it may be absent, and is where nothing is left out: an
 * agent or hub that does not know these fields refuses them, so that nobody believes in an exclusion that nobody heeds.
 */
export const backupExclusions = {
  /** In order: a later line may take back what an earlier one, or a preset, excludes. */
  exclude: z.array(ExclusionPattern).max(2000).refine(fitsOneMessage, tooLongTogether).optional(),
  /** Resolved by the device, which knows its system and its users. */
  presets: z.array(PresetName).max(20).optional(),
  /** Folders on other file systems than their source are kept empty. */
  oneFileSystem: z.boolean().optional(),
  /** Of a folder with a valid CACHEDIR.TAG only the tag is kept. */
  excludeCaches: z.boolean().optional(),
}
const Exclusions = z.strictObject(backupExclusions)
export type BackupExclusions = z.infer<typeof Exclusions>

/** Without what says nothing, as it travels. */
export function leanExclusions({ exclude, presets, oneFileSystem, excludeCaches }: BackupExclusions): BackupExclusions {
  return {
    ...(exclude === undefined || exclude.length === 0 ? {} : { exclude }),
    ...(presets === undefined || presets.length === 0 ? {} : { presets }),
    ...(oneFileSystem === true ? { oneFileSystem } : {}),
    ...(excludeCaches === true ? { excludeCaches } : {}),
  }
}

/**
 * What is done to contents before they are encrypted: nothing, what hardly costs time, or what saves more for more processor time. It holds for
 * what a backup sends; what the vault has already stays as it is. A choice of who backs up: a restore takes all alike.
 */
export const Compression = z.enum(['off', 'fast', 'strong'])
export type Compression = z.infer<typeof Compression>
export const standardCompression: Compression = 'fast'

/** As it travels: the usual is not said, so that an agent or hub that does not know the word refuses nothing. */
export const leanCompression = (compression: Compression = standardCompression): { readonly compression?: Compression } =>
  compression === standardCompression ? {} : { compression }

/**
 * What becomes of files that are gone at the source: they are gone from the next snapshot as well, or stay in it, marked, from then on. Older
 * snapshots have them either way.
 */
export const DeletedFiles = z.enum(['follow', 'keep'])
export type DeletedFiles = z.infer<typeof DeletedFiles>
export const standardDeletedFiles: DeletedFiles = 'follow'

/** As it travels, like {@link leanCompression}. An agent that does not know the word refuses to keep, rather than forget it. */
export const leanDeletedFiles = (deletedFiles: DeletedFiles = standardDeletedFiles): { readonly deletedFiles?: DeletedFiles } =>
  deletedFiles === standardDeletedFiles ? {} : { deletedFiles }

/** What a run is asked to do. */
export const BackupRequest = z.strictObject({
  kind: z.literal('backup'),
  vaultId: VaultId,
  sources: z.array(WirePath).min(1).max(1000),
  /** Read every file again, whatever the catalogue says. */
  full: z.boolean(),
  ...backupExclusions,
  /** Left out: {@link standardCompression}. */
  compression: Compression.optional(),
  /** Left out: {@link standardDeletedFiles}. */
  deletedFiles: DeletedFiles.optional(),
})
export type BackupRequest = z.infer<typeof BackupRequest>

/** A restore drill: so many files, and a folder, are really restored to a place of the agent's own, compared and removed again. */
export const DrillSample = z.strictObject({
  files: z.int().min(1).max(1000),
  /** Which ones: another seed, other files. */
  seed: z.string().regex(/^[0-9a-f]{16}$/),
})
export type DrillSample = z.infer<typeof DrillSample>

export const VerifyRequest = z.strictObject({
  kind: z.literal('verify'),
  snapshotId: SnapshotId,
  /** Left out: all of the snapshot is read back, and nothing is written. An agent that is older than drills refuses the word. */
  sample: DrillSample.optional(),
  /**
   * Of a private vault, whose hub cannot do so: folder and content lists alone are read, and every piece they name is asked for (`locateBlobs`), none fetched.
   * The result says what it found (`audit`). An agent that is older than private vaults refuses the word.
   */
  audit: z.literal(true).optional(),
  /** As of a restore: another device of the same domain made the snapshot. */
  fromAgentId: AgentId.optional(),
})
export type VerifyRequest = z.infer<typeof VerifyRequest>

export const RunRequest = z.discriminatedUnion('kind', [BackupRequest, RestoreRequest, VerifyRequest])
export type RunRequest = z.infer<typeof RunRequest>

/** A live figure: the newest wins, losing one costs nothing. Rates are the reader's to compute. */
export const RunProgressSample = z.object({
  phase: z.enum(['preparing', 'scanning', 'transferring', 'finishing']),
  filesDone: Count,
  bytesDone: ByteCount,
  /** Known once the walk (backup) or the plan (restore) is through. */
  filesTotal: Count.nullable(),
  bytesTotal: ByteCount.nullable(),
  filesRead: Count,
  bytesRead: ByteCount,
  /** Bytes that went to or came from the vault. */
  bytesStored: ByteCount,
  warnings: Count,
  /** For people only: lossy text of the path in hand. */
  currentPath: z.string().max(4096).nullable(),
  elapsedMs: z.int().min(0),
})
export type RunProgressSample = z.infer<typeof RunProgressSample>

/** What was done by a moment, all in all: speeds are the reader's to compute, and nothing is lost where points in between are. */
export const RunCurvePoint = z.object({ atMs: TimeMs, bytesDone: ByteCount, bytesRead: ByteCount, bytesStored: ByteCount })
export type RunCurvePoint = z.infer<typeof RunCurvePoint>

/**
 * How a run went so far, oldest first, of the hub's memory alone: it begins where the hub began to hear of the run, and is gone with the
 * run's end. Points are about `spacingMs` apart, further where nothing was heard.
 */
export const RunCurve = z.object({ items: z.array(RunCurvePoint), spacingMs: z.int().min(1) }).meta({ id: 'RunCurve' })
export type RunCurve = z.infer<typeof RunCurve>

/** One thing that did not go as it should; the run goes on. */
export const RunWarning = z.object({ path: z.string(), pathBase64: z.base64().optional(), code: z.string(), message: z.string() })
export type RunWarning = z.infer<typeof RunWarning>

/** What a backup left out, counted where it was met: what lies in a folder that was left out is never seen, and not counted. */
export const LeftOut = z.object({
  /** By patterns and presets, and contents of caches. */
  entries: Count,
  /** Folders with a CACHEDIR.TAG, of which only the tag was kept. */
  cacheFolders: Count,
  /** Folders on another file system, kept empty. */
  mountPoints: Count,
  /** Holdfast's own: the agent's state, the hub's vault and database. */
  ownPlaces: Count,
})
export type LeftOut = z.infer<typeof LeftOut>

/** What a snapshot keeps of deleted files; no other figure counts them. */
export const KeptDeleted = z.object({
  files: Count,
  folders: Count,
  bytes: ByteCount,
  /** Those of the files that the last snapshot still held as being there. */
  filesNewlyDeleted: Count,
  /** Entries, each with all in it, whose name is something else's now: older snapshots alone have them. */
  replaced: Count,
  /** Entries that could not be kept because the last snapshot is damaged; each is a warning. */
  lost: Count,
})
export type KeptDeleted = z.infer<typeof KeptDeleted>

export const BackupResult = z.object({
  kind: z.literal('backup'),
  backupKind: z.enum(['full', 'incremental']),
  snapshotId: SnapshotId.nullable(),
  files: Count,
  folders: Count,
  bytes: ByteCount,
  filesRead: Count,
  bytesRead: ByteCount,
  bytesStored: ByteCount,
  filesNew: Count,
  filesChanged: Count,
  filesUnchanged: Count,
  /** Absent from agents that did not count it. */
  leftOut: LeftOut.optional(),
  /** Absent unless deleted files are kept. */
  deleted: KeptDeleted.optional(),
})
export type BackupResult = z.infer<typeof BackupResult>
/** `create`: nothing stands there. `unchanged`: it stands there already. `overwrite` and `rename`: something else has to make room. */
export const RestoreAction = z.enum(['create', 'unchanged', 'skip', 'overwrite', 'rename'])
export type RestoreAction = z.infer<typeof RestoreAction>
/** One line of a dry run. */
export const PlannedEntry = z.object({ path: z.string(), pathBase64: z.base64().optional(), action: RestoreAction })
export type PlannedEntry = z.infer<typeof PlannedEntry>

/** Of a dry run: what would be. What is left out is 0, or none. */
export const RestoreResult = z.object({
  kind: z.literal('restore'),
  snapshotId: SnapshotId,
  dryRun: z.boolean().optional(),
  filesRequested: Count,
  /** Files that are there now as the snapshot has them. */
  filesWritten: Count,
  /** Those of them that were there already, content compared. */
  filesUnchanged: Count.optional(),
  /** Left as they were, as asked. */
  filesSkipped: Count,
  bytesWritten: ByteCount,
  /** Things of any kind, and not files alone, that made room: gone, or kept under another name. */
  entriesReplaced: Count.optional(),
  entriesRenamed: Count.optional(),
  /** Of a dry run: what the target has left; null where it does not tell. */
  bytesFree: ByteCount.nullable().optional(),
  /** Of a dry run: the first entries that would be touched or skipped. Left out in lists of runs. */
  plan: z.array(PlannedEntry).max(200).optional(),
})
export type RestoreResult = z.infer<typeof RestoreResult>
export const VerifyResult = z.object({
  kind: z.literal('verify'),
  snapshotId: SnapshotId,
  files: Count,
  bytes: ByteCount,
  blobsChecked: Count,
  problems: Count,
  /** Of a restore drill; `files` and `bytes` are those that were restored. */
  drill: z
    .object({
      /** Entries of a whole folder, restored as one. */
      folderEntries: Count,
      /** Files that are on the device still as they were backed up by size and time, and were compared with what was restored. */
      compared: Count,
      /** Those of them that are not the same, though size and time say so. */
      different: Count,
    })
    .optional(),
  /** Of an audit that came to its end; `blobsChecked` are those asked for. */
  audit: z
    .object({
      summary: SnapshotSummary,
      /** Pieces that the snapshot needs and the hub told no place of, each once; it looks whether they have come since. `problems` counts all. */
      missing: z.array(BlobId).max(10_000),
      /** False = there are more than `missing` names, or a list could not be read. */
      isWhole: z.boolean(),
    })
    .optional(),
})
export type VerifyResult = z.infer<typeof VerifyResult>
export const RunResult = z.discriminatedUnion('kind', [BackupResult, RestoreResult, VerifyResult])
export type RunResult = z.infer<typeof RunResult>

/** Why a run failed, in the words of the error registry (kept as text: a newer side may know more codes). */
export const RunError = z.object({ code: z.string(), message: z.string(), cure: z.string() })
export type RunError = z.infer<typeof RunError>

export const Run = z
  .object({
    id: RunId,
    agentId: AgentId,
    deviceName: z.string(),
    kind: RunKind,
    state: RunState,
    request: RunRequest,
    requestedBy: z.string().describe('Name of the person or device that asked'),
    /** A hub that is older than this says nothing of it. */
    trigger: RunTrigger.default('order'),
    /** Null: asked for without a plan. A hub that is older than plans says none of what follows. */
    planId: PlanId.nullable().default(null),
    /** As the plan was called then; kept when it is gone. */
    planName: z.string().nullable().default(null),
    /** 1, or which try of its plan this is. */
    attempt: z.int().min(1).default(1),
    /** How many tries its plan gives it, this one and those before counted; null: a hub that does not say. */
    attempts: z.int().min(1).nullable().default(null),
    /** It waits until then, as a retry. */
    notBeforeMs: TimeMs.nullable().default(null),
    /** Since when it is paused: a flag of `running`. */
    pausedAtMs: TimeMs.nullable().default(null),
    /** What it waits for before it can store more: the code of the error that the hub refuses with (`store.full`, `store.unavailable`, `database.full`). */
    waitsFor: z.object({ code: z.string(), sinceMs: TimeMs }).nullable().default(null),
    createdAtMs: TimeMs,
    startedAtMs: TimeMs.nullable(),
    finishedAtMs: TimeMs.nullable(),
    progress: RunProgressSample.nullable(),
    result: RunResult.nullable(),
    error: RunError.nullable(),
    /** The first 1,000; `warningCount` counts all. Left empty in lists and on the topic `runs`: ask for the run. */
    warnings: z.array(RunWarning),
    warningCount: Count,
  })
  .meta({ id: 'Run', description: 'One execution of a backup, restore or verification' })
export type Run = z.infer<typeof Run>

/** One step in the life of a run: what came in, and what the run became by it. Kept for good, and never changed. */
export const RunEvent = z
  .object({
    n: z.int().min(1),
    atMs: TimeMs,
    /** What moved it: `accepted`, `finished`, `cancel`, `lease-elapsed` and the like. */
    input: z.string(),
    fromState: RunState,
    toState: RunState,
    fence: z.int().min(0),
    /** Code of the reason, where there is one. */
    reason: z.string().nullable(),
  })
  .meta({ id: 'RunEvent' })
export type RunEvent = z.infer<typeof RunEvent>

export const LogLine = z.object({
  seq: z.int().min(1),
  atMs: TimeMs,
  level: z.enum(['info', 'warn', 'error']),
  event: z.string(),
  message: z.string(),
  path: z.string().nullable(),
})
export type LogLine = z.infer<typeof LogLine>
