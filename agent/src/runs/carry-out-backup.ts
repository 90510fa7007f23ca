import { randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { archive, commitCatalogue, type ArchiveOutcome, type Catalogue, type KeepDeleted } from '@holdfast/engine/archiver'
import { toHex } from '@holdfast/engine/bytes'
import { uuidToBytes } from '@holdfast/engine/format'
import type { DomainKeys } from '@holdfast/engine/reader'
import { nativeProblem } from '@holdfast/engine/source'
import { InlineSealer, sealSnapshot, SessionSink, WorkerSealer } from '@holdfast/engine/vault'
import type { Exclusions } from '@holdfast/engine/walker'
import type { BackupRequest, BackupResult, SnapshotId, SnapshotSummary } from '@holdfast/shared-types'
import { AppError } from '@holdfast/shared-types/errors'
import { thisSystem } from '../presets/this-system.ts'
import { backupExclusions } from './backup-exclusions.ts'
import { openDomainKeys, privateKey } from './domain-keys.ts'
import { keepFrom } from './keep-deleted.ts'
import { measureSources } from './measure-sources.ts'
import { cataloguePath, openKnownFiles, pruneCatalogues } from './known-files.ts'
import { leftOutText } from './left-out-text.ts'
import { lazySealer } from './lazy-sealer.ts'
import { readableSources } from './readable-sources.ts'
import type { RunContext } from './run-context.ts'
import { sessionScratch } from './session-scratch.ts'
import type { OpenedSession, RunEnd } from './worker-messages.ts'
import { wirePathBytes } from './wire-path-bytes.ts'

/** Format 1's profile for files; the other one is for plans that ask for it. */
const chunker = 'standard'
/**
 * What a run takes on a machine with little memory: it seals in its own thread, in packs an eighth as large, with two slabs of 4 MiB on their way, and puts
 * into its scratch file what it knows of all but the newest 65,536 blobs.
 */
const small = { packBytes: 2 * 1024 * 1024, room: { heldBytes: 4 * 1024 * 1024, slabs: 2, ticketPages: 4 } } as const
/** Hashing and sealing (zstd, AES-GCM) are three quarters of a backup's work, walking and reading the rest: more threads than this wait for the walk. */
const mostSealThreads = 4
/** For threads to end and packs that are nearly there. Less than the main thread waits before it ends this one. */
const abandonMs = 2_500

const withoutNative =
  'The native part of the agent does not load on this machine: extended attributes and access lists are not backed up, and holes of sparse files are read as zeros. A restore here sets times to a microsecond, and makes no FIFOs and devices. Install the agent for this system and processor.'

interface Backup {
  readonly context: RunContext
  readonly request: BackupRequest
  readonly session: OpenedSession
  readonly keys: DomainKeys
  readonly snapshotId: Uint8Array
  readonly cataloguePath: string
  readonly previous: Catalogue | null
  readonly keep: KeepDeleted | undefined
  readonly exclusions: Exclusions | null
}

/** Backs up the sources of a request and commits the snapshot. */
export async function carryOutBackup(context: RunContext, request: BackupRequest): Promise<RunEnd> {
  const sources = request.sources.map(wirePathBytes)
  if (readableSources(sources).length === 0) {
    for (const source of sources) context.warn(source, 'source.not-found', 'This source does not exist, or the agent may not read it.')
    return context.failed(new AppError('run.nothing-to-back-up'))
  }
  const exclusions = await backupExclusions(request)
  // Said once, and not a warning of its own: nothing of this run can change it, and every run would be yellow for ever.
  if (nativeProblem() !== null) context.log('native.unavailable', withoutNative, 'warn')
  const session = await context.hub.ask('session.open', null)
  const keys = await openDomainKeys(context, { ...session, vaultId: request.vaultId })
  const path = cataloguePath(context, request)
  const identity = { vaultId: keys.vaultId, domainId: keys.domainId, chunker } as const
  const previous = request.full ? null : openKnownFiles(context, path, identity, session.usableBaseSnapshots)
  const { keep, close } = keepFrom(context, request, session, keys)
  const backup: Backup = { context, request, session, keys, snapshotId: randomBytes(16), cataloguePath: path, previous, keep, exclusions }
  context.log('backup.started', previous === null ? 'Reading all files.' : 'Reading what changed since the last backup.')
  try {
    return await archiveAndCommit(backup, sources)
  } finally {
    previous?.close()
    await close()
    pruneCatalogues(context.order.catalogueFolder)
  }
}

async function archiveAndCommit(backup: Backup, sources: readonly Buffer[]): Promise<RunEnd> {
  const { context, keys, snapshotId, previous, keep, exclusions } = backup
  const sink = makeSink(backup)
  const excluded = context.order.excludedFolders.map((folder) => Buffer.from(folder))
  // Counting ahead, for the time that is left, is a thread of its own.
  const measure = context.order.memory === 'small' ? () => () => undefined : measureSources
  const stopMeasuring = measure({ sources, excluded, exclusions }, ({ files, bytes }) =>
    context.progress({ filesTotal: files, bytesTotal: bytes }),
  )
  try {
    const outcome = await archive({
      sources,
      alwaysExcluded: excluded,
      exclusions,
      sink,
      idKey: keys.idKey,
      cdcKey: keys.cdcKey,
      chunker,
      previous,
      readAgain: pathsToReadAgain(backup),
      catalogue: { path: backup.cataloguePath, vaultId: keys.vaultId, domainId: keys.domainId, snapshotId },
      ...(keep === undefined ? {} : { keep }),
      onItemError: (path, error) => {
        context.warnOf(path, error.code, error.message)
        return 'skip'
      },
      onProgress: ({ filesDone, bytesDone, filesRead, bytesRead, currentPath }) =>
        context.progress({ phase: 'transferring', filesDone, bytesDone, filesRead, bytesRead, currentPath }),
      signal: context.signal,
      gate: context.gate,
      clock: { nowMs: Date.now, monotonicMs: () => performance.now() },
    })
    tellOfLeftOut(backup, outcome)
    tellOfDeleted(backup, outcome)
    tellOfVanished(backup, outcome)
    context.progress({
      phase: 'finishing',
      filesTotal: outcome.files,
      bytesTotal: outcome.bytes,
      filesDone: outcome.files,
      bytesDone: outcome.bytes,
      currentPath: null,
    })
    const committed = await commit(backup, outcome, sink.refset())
    return context.ended(
      context.warningCount > 0 ? 'warning' : 'succeeded',
      resultOf(backup, outcome, committed, sink.statistics.packBytes),
    )
  } catch (error) {
    // Packs that wait for a slow line do not keep the end of the run waiting: it is told, and they are dropped.
    await Promise.race([sink.abandon(), sleep(abandonMs, undefined, { ref: false })])
    throw error
  } finally {
    stopMeasuring()
    sink.close()
  }
}

/** What the vault has lost of files that may not have changed: it comes back with this backup. */
function pathsToReadAgain({ context, session: { readAgain = [] }, previous }: Backup): ReadonlySet<string> {
  if (readAgain.length > 0 && previous !== null)
    context.log(
      'files.read-again',
      `Reading ${readAgain.length} unchanged ${readAgain.length === 1 ? 'file' : 'files'} again: the vault has lost pieces of them.`,
    )
  return new Set(readAgain.map((path) => wirePathBytes(path).toString('latin1')))
}

/** Silence would be the answer to "where is it?": what a backup does not hold on purpose is said where people look. */
function tellOfLeftOut({ context, request }: Backup, { files, leftOut }: ArchiveOutcome): void {
  const text = leftOutText(request, leftOut)
  if (text !== null) context.log('backup.left-out', `Left out: ${text}.`)
  if (files > 0) return
  context.warn(null, 'run.nothing-to-back-up', leftOut.entries === 0 ? 'The sources hold no file.' : 'The exclusions leave no file.')
}

function tellOfDeleted({ context }: Backup, { deleted }: ArchiveOutcome): void {
  if (deleted === null) return
  const { files, folders, filesNewlyDeleted, replaced } = deleted
  const more = replaced === 0 ? '' : ` ${replaced} deleted or replaced things could not be kept: something else has their name now.`
  context.log(
    'backup.deleted-kept',
    `Deleted and kept: ${files} files and ${folders} folders, ${filesNewlyDeleted} of the files since the last backup.${more}`,
  )
}

/** No warning, since files come and go: but many of them at once are worth a look, and are in no other figure. */
function tellOfVanished({ context }: Backup, { vanished }: ArchiveOutcome): void {
  if (vanished === 0) return
  const what = vanished === 1 ? '1 file or folder was' : `${vanished} files and folders were`
  context.log(
    'backup.vanished',
    `${what} gone when the backup came to it after its name was listed, as happens where something is deleted meanwhile.`,
  )
}

function makeSink({ context, request, session, keys, cataloguePath: path }: Backup): SessionSink {
  const { hub } = context
  const { sessionId } = session
  const threads = Math.min(mostSealThreads, availableParallelism())
  const isSmall = context.order.memory === 'small'
  return new SessionSink(
    keys,
    {
      have: session.hasBlobs
        ? (ids) => {
            const asked = new Uint8Array(ids)
            return hub.ask('session.have', { sessionId, ids: asked }, [asked.buffer])
          }
        : null,
      putPack: async ({ packId, bytes }) => {
        await hub.ask('session.put-pack', { sessionId, packId: toHex(packId), bytes }, [bytes.buffer as ArrayBuffer])
      },
      scratch: sessionScratch(context, path),
    },
    isSmall
      ? (onPack) => new InlineSealer(keys, onPack, { compression: request.compression, targetBytes: small.packBytes })
      : lazySealer((onPack) => new WorkerSealer(keys, onPack, threads, request.compression)),
    isSmall ? small.room : undefined,
  )
}

async function commit(backup: Backup, outcome: ArchiveOutcome, refset: Uint8Array): Promise<SnapshotId> {
  const { context, session, keys, snapshotId, previous, keep } = backup
  const { order } = context
  const object = sealSnapshot(
    {
      header: { agentId: uuidToBytes(order.agentId), snapshotId, seq: session.nextSnapshotSeq },
      refset,
      body: {
        status: outcome.status,
        system: thisSystem(),
        host: order.hostname,
        plan: order.planName,
        program: `holdfast/${order.version}`,
        startedAtMs: context.startedAtMs,
        finishedAtMs: Date.now(),
        parent: previous?.snapshotId ?? keep?.base?.snapshotId ?? null,
        root: outcome.rootPage,
        roots: outcome.roots,
        files: outcome.files,
        folders: outcome.folders,
        bytes: outcome.bytes,
        errors: outcome.errors,
        filesNew: outcome.filesNew,
        filesChanged: outcome.filesChanged,
        filesUnchanged: outcome.filesUnchanged,
        bytesRead: outcome.bytesRead,
      },
    },
    keys,
    privateKey(order.signKey),
  )
  context.signal.throwIfAborted()
  const summary = session.vaultKind === 'private' ? summaryOf(outcome) : null
  const { snapshotId: committed } = await context.hub.ask('session.commit', { sessionId: session.sessionId, bytes: object, summary })
  keepCatalogue(backup, outcome)
  return committed
}

/** What a hub that cannot open the snapshot is told of it. */
const summaryOf = ({ status, files, folders, bytes, errors, filesNew, filesChanged }: ArchiveOutcome): SnapshotSummary => ({
  status,
  files,
  folders,
  bytes,
  errors,
  filesNew,
  filesChanged,
})

/** MUST come after the hub's word: a catalogue of a snapshot that does not exist would claim blobs that nothing holds. */
function keepCatalogue({ context, cataloguePath: path }: Backup, outcome: ArchiveOutcome): void {
  try {
    if (outcome.catalogueProblem !== null) throw outcome.catalogueProblem
    commitCatalogue(path)
  } catch {
    // The snapshot is committed whatever becomes of this: the only price is time.
    context.log('catalogue.not-written', 'What this backup knows could not be kept; the next one reads all files again.', 'warn')
  }
}

function resultOf({ previous }: Backup, outcome: ArchiveOutcome, snapshotId: SnapshotId, bytesStored: number): BackupResult {
  const { files, folders, bytes, filesRead, bytesRead, filesNew, filesChanged, filesUnchanged, leftOut, deleted } = outcome
  return {
    kind: 'backup',
    backupKind: previous === null ? 'full' : 'incremental',
    snapshotId,
    files,
    folders,
    bytes,
    filesRead,
    bytesRead,
    bytesStored,
    filesNew,
    filesChanged,
    filesUnchanged,
    leftOut,
    ...(deleted === null ? {} : { deleted }),
  }
}
