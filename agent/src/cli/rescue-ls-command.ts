import { PauseGate } from '@holdfast/engine/run-control'
import type { SnapshotEntry, WirePath } from '@holdfast/shared-types'
import { listStoredFolder } from '../rescue/list-stored-folder.ts'
import { openStoredSnapshot } from '../rescue/open-stored-snapshot.ts'
import { RunVoice } from '../runs/run-voice.ts'
import { print, type CommandContext } from './command-context.ts'
import { formatEntries } from './format-entry.ts'
import { entryDocument, hiddenLine, type LsArguments } from './ls-command.ts'
import { parseSnapshotName } from './find-snapshot.ts'
import { snapshotPath } from './resolve-path.ts'
import { warningLine } from './run-summary.ts'
import { findStored, problemLine, withRescuedVault, type RescueAccess, type RescueAddress } from './with-rescued-vault.ts'
import type { StoredSnapshot } from '../rescue/stored-snapshots.ts'

/** Looking harms nobody: one that does not verify is listed too, if it is named by its id, and it is said. */
export async function rescueLsCommand(context: CommandContext, address: RescueAddress, args: LsArguments): Promise<number> {
  parseSnapshotName(args.snapshot)
  const path = args.path === undefined ? null : snapshotPath(args.path)
  const entries = await withRescuedVault(address, async (access) =>
    entriesAt(context, access, await findStored(context, access, args, address.takesUnverified), path),
  )
  const shown = args.withDeleted ? entries : entries.filter(({ deletedAtMs }) => deletedAtMs === null)
  print(context, shown.map(entryDocument), () => [...formatEntries(shown), ...hiddenLine(entries.length - shown.length)])
  return 0
}

async function entriesAt(
  { terminal, config }: CommandContext,
  { vault, snapshots }: RescueAccess,
  stored: StoredSnapshot,
  path: WirePath | null,
): Promise<readonly SnapshotEntry[]> {
  const readable = await snapshots.open(stored)
  const warn = (line: string): void => terminal.err(`${terminal.paint.warn('Warning:')} ${line}\n`)
  if (readable.snapshot.problem !== null) warn(problemLine(stored, readable.snapshot.problem))
  const voice = new RunVoice({
    cancelled: new AbortController().signal,
    gate: new PauseGate(),
    log: () => undefined,
    warning: (warning) => warn(warningLine(warning)),
    progress: () => undefined,
  })
  const options = { store: vault.vault.store, memory: config.memory, reads: 'folders', voice, onProgress: () => undefined } as const
  const opened = await openStoredSnapshot(readable, options)
  try {
    return (await listStoredFolder(opened, path)).entries
  } finally {
    await opened.close()
  }
}
