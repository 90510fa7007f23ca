import { Compression, ConflictMode, standardCompression, standardConflictMode } from '@holdfast/shared-types'
import { Command, Option } from 'commander'
import { agentVersion } from '../identity/agent-version.ts'
import { commandContext, type CommandContext } from './command-context.ts'
import type { Terminal } from './terminal.ts'

type Carry = (context: CommandContext) => Promise<number>

export interface ProgramEnds {
  /** Exit status of the command that ran. */
  status: number
}

/** The commands (docs/architecture.md §4.1: scripts call them). Each is loaded when it is asked for: starting fast is a feature. */
export function createProgram(terminal: Terminal, ends: ProgramEnds): Command {
  const program = new Command('holdfast')
    .description('Backs up this machine to a Holdfast hub, and restores from it.')
    .version(agentVersion)
  program
    .configureOutput({ writeOut: (text) => terminal.out(text), writeErr: (text) => terminal.err(text) })
    .exitOverride()
    .showHelpAfterError('(see `holdfast --help`)')
  const act = async (options: { readonly json?: boolean }, carry: Carry): Promise<void> => {
    ends.status = await carry(commandContext(terminal, options.json === true))
  }
  addDeviceCommands(program, act)
  addRunCommands(program, act)
  addRestoreCommand(program, act)
  addSnapshotCommands(program, act)
  return program
}

type Act = (options: { readonly json?: boolean }, carry: Carry) => Promise<void>
interface JsonOption {
  readonly json?: boolean
}
interface HostOption extends JsonOption {
  readonly host?: string
}

const jsonOption = ['--json', 'one JSON document on stdout'] as const
const hostOption = ['--host <name>', 'of this device or host, where several are in sight'] as const

function addDeviceCommands(program: Command, act: Act): void {
  program
    .command('enrol')
    .description('join a hub, with a token made there')
    .argument('[hub-url]', 'address of the hub')
    .option('--token <token>', 'single-use token, made on the hub')
    .option('--name <name>', 'how the hub shows this machine; its host name when left out')
    .option('--update-url <url>', 'change the hub\u2019s address of a device that is enrolled')
    .option('--ca <file>', 'certificate (PEM) of the authority that signed the hub\u2019s, where the system does not know it')
    .option(...jsonOption)
    .action((hubUrl: string | undefined, options: JsonOption & { token?: string; name?: string; updateUrl?: string; ca?: string }) =>
      act(options, async (context) =>
        (await import('./enrol-command.ts')).enrolCommand(context, {
          hubUrl,
          token: options.token,
          name: options.name,
          updateUrl: options.updateUrl,
          ca: options.ca,
        }),
      ),
    )
  program
    .command('run')
    .description('run the agent in the foreground')
    .option('--exit-with-parent', 'stop when the process that started it is gone (its standard input ends)')
    .action((options: { exitWithParent?: boolean }) =>
      act({}, async (context) =>
        (await import('./run-command.ts')).runCommand(context, { exitWithParent: options.exitWithParent === true }),
      ),
    )
  program
    .command('status')
    .description('show the device, its link and its runs')
    .option(...jsonOption)
    .action((options: JsonOption) => act(options, async (context) => (await import('./status-command.ts')).statusCommand(context)))
}

function addRunCommands(program: Command, act: Act): void {
  addBackupCommand(program, act)
  program
    .command('verify')
    .description('read back all of a snapshot and check it')
    .argument('[snapshot]', 'id, its first 8 digits or more, or `latest`', 'latest')
    .option(...hostOption)
    .option(...jsonOption)
    .action((snapshot: string, options: HostOption) =>
      act(options, async (context) => (await import('./verify-command.ts')).verifyCommand(context, { snapshot, host: options.host })),
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
  readonly yes?: boolean
}

function addRestoreCommand(program: Command, act: Act): void {
  program
    .command('restore')
    .description('restore from a snapshot; a restore that was cut short goes on where it was when it is asked for again')
    .argument('<snapshot>', 'id, its first 8 digits or more, or `latest`')
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
    .option('--dry-run', 'tell what would be done, and write nothing')
    .option('--yes', 'to the original place without a question')
    .option('--flat', 'put the contents of the snapshot\u2019s one source straight into the target')
    .addOption(new Option('--path <path>', 'as [path...]').argParser(collect).hideHelp())
    .option(...hostOption)
    .option(...jsonOption)
    .action((snapshot: string, paths: string[], options: RestoreOptions) =>
      act(options, async (context) =>
        (await import('./restore-command.ts')).restoreCommand(context, {
          snapshot,
          host: options.host,
          target: options.target,
          original: options.original === true,
          flat: options.flat === true,
          paths: [...paths, ...(options.path ?? [])],
          include: options.include ?? [],
          conflict: options.conflict,
          dryRun: options.dryRun === true,
          yes: options.yes === true,
        }),
      ),
    )
}

interface BackupOptions extends JsonOption {
  readonly plan?: string
  readonly full?: boolean
  readonly exclude?: string[]
  readonly excludeFile?: string[]
  readonly preset?: string[]
  readonly excludeCaches?: boolean
  readonly oneFileSystem?: boolean
  readonly compression?: Compression
}

function addBackupCommand(program: Command, act: Act): void {
  program
    .command('backup')
    .description('back up files and folders now')
    .argument('[path...]', 'what to back up; without any, what the presets include')
    .option('--plan <plan>', 'run this plan of the device: its name or id')
    .option('--full', 'read every file again, whatever is known of it')
    .option('--exclude <pattern>', 'leave out what this pattern of .gitignore matches, each source as its top; may be repeated', collect)
    .option('--exclude-file <file>', 'the same for each line of a file; may be repeated', collect)
    .option('--preset <name>', 'leave out what a preset does: see `holdfast presets`; may be repeated', collect)
    .option('--exclude-caches', 'of folders with a CACHEDIR.TAG keep only the tag')
    .option('--one-file-system', 'keep folders on other file systems empty')
    .addOption(
      new Option(
        '--compression <how>',
        `of contents that are sent: off = for photos and videos, or a slow processor and a very fast network; fast = for nearly everything; strong = for slow links and expensive storage, takes more processor time; ${standardCompression} when left out`,
      ).choices(Compression.options),
    )
    .option(...jsonOption)
    .action((paths: string[], options: BackupOptions) =>
      act(options, async (context) =>
        (await import('./backup-command.ts')).backupCommand(context, {
          paths,
          full: options.full === true,
          plan: options.plan,
          compression: options.compression,
          exclusions: {
            patterns: options.exclude ?? [],
            files: options.excludeFile ?? [],
            presets: options.preset ?? [],
            caches: options.excludeCaches === true,
            oneFileSystem: options.oneFileSystem === true,
          },
        }),
      ),
    )
  program
    .command('plans')
    .description('list the plans of this device')
    .option(...jsonOption)
    .action((options: JsonOption) => act(options, async (context) => (await import('./plans-command.ts')).plansCommand(context)))
  program
    .command('presets')
    .description('show what presets include and leave out, and why')
    .argument('[name]', 'one preset; without it, those for this system')
    .option(...jsonOption)
    .action((name: string | undefined, options: JsonOption) =>
      act(options, async (context) => (await import('./presets-command.ts')).presetsCommand(context, { name })),
    )
}

function addSnapshotCommands(program: Command, act: Act): void {
  program
    .command('snapshots')
    .description('list snapshots, oldest first')
    .option('--host <name>', 'of this device or host only')
    .option('--deleted', 'deleted ones that can still be had back, instead')
    .option(...jsonOption)
    .action((options: HostOption & { readonly deleted?: boolean }) =>
      act(options, async (context) =>
        (await import('./snapshots-command.ts')).snapshotsCommand(context, { host: options.host, isDeleted: options.deleted === true }),
      ),
    )
  program
    .command('ls')
    .description('list what is in a snapshot')
    .argument('<snapshot>', 'id, its first 8 digits or more, or `latest`')
    .argument('[path]', 'folder or file in it')
    .option(...hostOption)
    .option(...jsonOption)
    .action((snapshot: string, path: string | undefined, options: HostOption) =>
      act(options, async (context) => (await import('./ls-command.ts')).lsCommand(context, { snapshot, path, host: options.host })),
    )
}

const collect = (value: string, before: readonly string[] | undefined): string[] => [...(before ?? []), value]
