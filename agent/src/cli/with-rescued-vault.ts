import { VaultId, type AppError, type Snapshot } from '@holdfast/shared-types'
import { chooseSnapshot } from '../rescue/choose-snapshot.ts'
import { openRescuedVault, type RescuedVault, type VaultAddress } from '../rescue/open-rescued-vault.ts'
import { openStoredSnapshot, type OpenedStoredSnapshot } from '../rescue/open-stored-snapshot.ts'
import { StoredSnapshots, type ReadableSnapshot, type StoredSnapshot } from '../rescue/stored-snapshots.ts'
import { withoutHub } from '../rescue/without-hub.ts'
import type { RunVoice } from '../runs/run-voice.ts'
import { toWirePath } from '../runs/wire-path-bytes.ts'
import type { CommandContext } from './command-context.ts'
import { escapeText } from './escape-name.ts'
import { parseSnapshotName } from './find-snapshot.ts'
import { formatCounted } from './format-figures.ts'
import type { RunDisplay } from './run-display.ts'

/** What a person said of the vault. */
export interface RescueAddress extends VaultAddress {
  /** Also a snapshot that nobody vouches for. */
  readonly takesUnverified: boolean
}

export interface RescueAccess {
  readonly vault: RescuedVault
  readonly snapshots: StoredSnapshots
}

export async function withRescuedVault<T>(address: VaultAddress, work: (access: RescueAccess) => Promise<T>): Promise<T> {
  try {
    const vault = await openRescuedVault(address)
    try {
      return await work({ vault, snapshots: new StoredSnapshots(vault.vault) })
    } finally {
      await vault.close()
    }
  } catch (error) {
    throw withoutHub(error)
  }
}

export interface SnapshotWanted {
  readonly snapshot: string
  readonly host: string | undefined
}

/**
 * Finds the snapshot that is meant, and tells of newer ones that `latest` passes over.
 * @throws AppError `command.invalid`, `snapshot.not-found`, `snapshot.ambiguous`, `vault.corrupt`
 */
export async function findStored(
  { terminal }: CommandContext,
  { snapshots }: RescueAccess,
  { snapshot, host }: SnapshotWanted,
  takesUnverified: boolean,
): Promise<StoredSnapshot> {
  const name = parseSnapshotName(snapshot)
  const read = await snapshots.read(await snapshots.names(name === 'latest' ? '' : name))
  const chosen = chooseSnapshot(read, { name, host, takesUnverified })
  for (const { id, problem } of chosen.passedOver)
    if (problem !== null)
      terminal.err(`${terminal.paint.warn('Passed over:')} the newer snapshot ${id.slice(0, 12)}. ${escapeText(problem.message)}\n`)
  return chosen.snapshot
}

export interface OpeningInRun {
  readonly voice: RunVoice
  readonly display: RunDisplay
}

/** Opens what a run reads, and shows how far that is: of a large vault it takes a while. */
export async function openForRun(
  { config }: CommandContext,
  { vault }: RescueAccess,
  readable: ReadableSnapshot,
  { voice, display }: OpeningInRun,
): Promise<OpenedStoredSnapshot> {
  const opened = await openStoredSnapshot(readable, {
    store: vault.vault.store,
    memory: config.memory,
    reads: 'everything',
    voice,
    onProgress: (read, packs) => {
      if (read === 0) voice.log('index.reading', `Looking where everything lies, in ${formatCounted(packs, 'pack')}.`)
      display.note(`Looking where everything lies: ${read} of ${formatCounted(packs, 'pack')}`)
    },
  })
  display.note(null)
  return opened
}

/** As a hub tells of it; what only a hub knows is not known. */
export const asSnapshot = (vault: RescuedVault, { id, agentId, createdAtMs, body }: ReadableSnapshot['snapshot']): Snapshot => ({
  id,
  vaultId: VaultId.parse(vault.vault.file.vaultId),
  vaultKind: vault.vault.file.kind,
  agentId,
  deviceName: body.host,
  runId: null,
  createdAtMs: createdAtMs ?? body.finishedAtMs,
  status: body.status,
  plan: body.plan === '' ? null : body.plan,
  roots: body.roots.map(toWirePath),
  files: body.files,
  folders: body.folders,
  bytes: body.bytes,
  errors: body.errors,
  held: null,
  deleted: null,
  rewritten: null,
})

/** One line about a snapshot that nobody should rely on. */
export const problemLine = ({ id }: StoredSnapshot, problem: AppError): string => `${id.slice(0, 12)}: ${escapeText(problem.message)}`
