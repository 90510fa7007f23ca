import { Compression, standardCompression } from '@holdfast/shared-types'
import { Command, Option } from 'commander'
import { agentVersion } from '../identity/agent-version.ts'
import { commandContext } from './command-context.ts'
import { addReadingCommands, collect, jsonOption, type Act, type JsonOption } from './reading-commands.ts'
import type { Terminal } from './terminal.ts'
import { addVaultCommand } from './vault-command.ts'

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
  const act: Act = async (options, carry) => {
    ends.status = await carry(commandContext(terminal, options.json === true))
  }
  addDeviceCommands(program, act)
  addBackupCommands(program, act)
  addReadingCommands(program, act, async () => (await import('./hub-reading.ts')).hubReading)
  addVaultCommand(program, act)
  return program
}

function addDeviceCommands(program: Command, act: Act): void {
  program
    .command('enrol')
    .description('join a hub, with a token made there')
    .argument('[hub-url]', 'address of the hub')
    .option('--token <token>', 'single-use token, made on the hub')
    .option('--name <name>', 'how the hub shows this machine; its host name when left out')
    .option('--update-url <url>', 'change the hub\u2019s address of a device that is enrolled')
    .option(
      '--vault-fingerprint <fingerprint>',
      'of the private vault, as its page shows it where it is unlocked: no keys of another one are ever used',
    )
    .option('--ca <file>', 'certificate (PEM) of the authority that signed the hub\u2019s, where the system does not know it')
    .option(...jsonOption)
    .action(
      (
        hubUrl: string | undefined,
        options: JsonOption & { token?: string; name?: string; updateUrl?: string; vaultFingerprint?: string; ca?: string },
      ) =>
        act(options, async (context) =>
          (await import('./enrol-command.ts')).enrolCommand(context, {
            hubUrl,
            token: options.token,
            name: options.name,
            updateUrl: options.updateUrl,
            vaultFingerprint: options.vaultFingerprint,
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

interface BackupOptions extends JsonOption {
  readonly plan?: string
  readonly full?: boolean
  readonly exclude?: string[]
  readonly excludeFile?: string[]
  readonly preset?: string[]
  readonly excludeCaches?: boolean
  readonly oneFileSystem?: boolean
  readonly keepDeleted?: boolean
  readonly compression?: Compression
}

function addBackupCommands(program: Command, act: Act): void {
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
    .option('--keep-deleted', 'keep in the snapshot, marked, what the last one of the same paths held and is deleted now')
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
          keepDeleted: options.keepDeleted === true,
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
