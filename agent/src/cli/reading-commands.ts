import { ConflictMode, standardConflictMode } from '@holdfast/shared-types'
import { Option, type Command } from 'commander'
import type { CommandContext } from './command-context.ts'
import type { LsArguments } from './ls-command.ts'
import type { RestoreArguments } from './restore-order.ts'
import type { VerifyArguments } from './verify-command.ts'

/** Runs a command with what every command gets. */
export type Act = (options: JsonOption, carry: (context: CommandContext) => Promise<number>) => Promise<void>

export interface JsonOption {
  readonly json?: boolean
}
interface HostOption extends JsonOption {
  readonly host?: string
}

export const jsonOption = ['--json', 'one JSON document on stdout'] as const
const hostOption = ['--host <name>', 'of this device or host, where several are in sight'] as const
const snapshotArgument = 'id, its first 8 digits or more, or `latest`'

/** The four commands that read snapshots, wherever these come from: each answers the exit status. */
export interface Reading {
  snapshots(context: CommandContext, args: { readonly host: string | undefined }): Promise<number>
  ls(context: CommandContext, args: LsArguments): Promise<number>
  restore(context: CommandContext, args: RestoreArguments): Promise<number>
  verify(context: CommandContext, args: VerifyArguments): Promise<number>
}

/** Adds them: the same words and options for a hub's snapshots and for those of a vault without one. @param load when one is asked for. */
export function addReadingCommands(program: Command, act: Act, load: () => Promise<Reading>): void {
  program
    .command('snapshots')
    .description('list snapshots, oldest first')
    .option('--host <name>', 'of this device or host only')
    .option(...jsonOption)
    .action((options: HostOption) => act(options, async (context) => (await load()).snapshots(context, { host: options.host })))
  program
    .command('ls')
    .description('list what is in a snapshot')
    .argument('<snapshot>', snapshotArgument)
    .argument('[path]', 'folder or file in it')
    .option('--deleted', 'show also what was deleted at the source and is kept')
    .option(...hostOption)
    .option(...jsonOption)
    .action((snapshot: string, path: string | undefined, options: HostOption & { readonly deleted?: boolean }) =>
      act(options, async (context) =>
        (await load()).ls(context, { snapshot, path, host: options.host, withDeleted: options.deleted === true }),
      ),
    )
  addRestoreCommand(program, act, load)
  program
    .command('verify')
    .description('read back all of a snapshot and check it')
    .argument('[snapshot]', snapshotArgument, 'latest')
    .option(...hostOption)
    .option(...jsonOption)
    .action((snapshot: string, options: HostOption) =>
      act(options, async (context) => (await load()).verify(context, { snapshot, host: options.host })),
    )
}

interface RestoreOptions extends HostOption {
  readonly target?: string
  readonly original?: boolean
  readonly flat?: boolean
  readonly path?: string[]
  readonly include?: string[]
  readonly conflict: string
  readonly dryRun?: boolean
  readonly withDeleted?: boolean
  readonly yes?: boolean
}

function addRestoreCommand(program: Command, act: Act, load: () => Promise<Reading>): void {
  program
    .command('restore')
    .description('restore from a snapshot; a restore that was cut short goes on where it was when it is asked for again')
    .argument('<snapshot>', snapshotArgument)
    .argument('[path...]', 'only these files and folders of the snapshot, by their whole paths; everything when left out')
    .option('--target <folder>', 'where to: each entry goes to this folder plus its own absolute path')
    .option('--original', 'back to where it was, after a question; the same as no --target')
    .option('--include <glob>', 'of that only what matches, like *.pdf or /home/*/.ssh; may be given more than once', collect)
    .addOption(
      new Option(
        '--conflict <mode>',
        'what stands in the way: skip = it stays; overwrite-different = it is replaced unless it is the same already; overwrite = it is always replaced; rename = it is kept under another name',
      )
        .choices(ConflictMode.options)
        .default(standardConflictMode),
    )
    .option('--with-deleted', 'also what was deleted at the source and is kept; a deleted file that is named comes back without it')
    .option('--dry-run', 'tell what would be done, and write nothing')
    .option('--yes', 'to the original place without a question')
    .option('--flat', 'put the contents of the snapshot\u2019s one source straight into the target')
    .addOption(new Option('--path <path>', 'as [path...]').argParser(collect).hideHelp())
    .option(...hostOption)
    .option(...jsonOption)
    .action((snapshot: string, paths: string[], options: RestoreOptions) =>
      act(options, async (context) =>
        (await load()).restore(context, {
          snapshot,
          host: options.host,
          target: options.target,
          original: options.original === true,
          flat: options.flat === true,
          paths: [...paths, ...(options.path ?? [])],
          include: options.include ?? [],
          conflict: options.conflict,
          dryRun: options.dryRun === true,
          withDeleted: options.withDeleted === true,
          yes: options.yes === true,
        }),
      ),
    )
}

export const collect = (value: string, before: readonly string[] | undefined): string[] => [...(before ?? []), value]
