import { AppError, errorFacts, toWireError } from '@holdfast/shared-types'
import { Command, CommanderError } from 'commander'
import { addPrivateVaultCommands } from './add-private-vault-commands.ts'
import { createCliContext, type CliContext } from './cli-context.ts'

interface JsonOption {
  readonly json?: boolean
}

/** Exit status of the command that ran; 0 unless it says otherwise. */
type Work = (context: CliContext) => Promise<number | void>

/**
 * Runs `holdfast-hub`.
 *
 * @param argv as of the process: Node, file, arguments.
 * @returns the exit status (docs/architecture.md, commands).
 */
export async function runCli(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const isJson = argv.includes('--json')
  let exitStatus = 0
  const run = async (isShort: boolean, work: Work) => {
    exitStatus = (await work(createCliContext(env, { isJson, isShort }))) ?? 0
  }
  try {
    await createProgram(run).parseAsync([...argv])
    return exitStatus
  } catch (error) {
    return tellFailure(error, isJson)
  }
}

type Run = (isShort: boolean, work: Work) => Promise<void>

/** The commands; what each needs is loaded when it is asked for. */
function createProgram(run: Run): Command {
  const program = new Command('holdfast-hub').description(
    'The Holdfast server and its administration. Settings come from the environment (HOLDFAST_DATA, HOLDFAST_PORT, …).',
  )
  // Messages of commander go through `tellFailure`, help goes to stdout.
  program.exitOverride().configureOutput({ writeErr: () => undefined })
  const command = (name: string, description: string, parent = program) =>
    parent.command(name).description(description).option('--json', 'one JSON document on stdout')

  command('start', 'run the hub until it is asked to stop')
    .option('--exit-with-parent', 'stop when the process that started it is gone (its standard input ends)')
    .action((options: { exitWithParent?: boolean }) =>
      run(false, async (context) =>
        (await import('./start-command.ts')).startCommand(context, { exitWithParent: options.exitWithParent === true }),
      ),
    )
  command('stop', 'ask the running hub to stop, and wait for it').action(() =>
    run(true, async (context) => (await import('./stop-command.ts')).stopCommand(context)),
  )
  command('status', 'show the running hub').action(() =>
    run(true, async (context) => (await import('./status-command.ts')).statusCommand(context)),
  )
  command('migrate', 'bring the database schema up to date').action(() =>
    run(true, async (context) => (await import('./migrate-command.ts')).migrateCommand(context)),
  )
  command(
    'create',
    'make a single-use token with which a device joins',
    program.command('enrol-token').description('tokens with which devices join'),
  )
    .option('--name <name>', 'how the hub will show the device; its host name when left out')
    .option('--vault <vault>', 'where it is to keep its backups, by id or name; the default vault when left out')
    .action((options: JsonOption & { name?: string; vault?: string }) =>
      run(true, async (context) =>
        (await import('./enrol-token-command.ts')).createEnrolTokenCommand(context, {
          ...(options.name === undefined ? {} : { name: options.name }),
          vault: options.vault ?? null,
        }),
      ),
    )
  command('sign-in-link', 'print a fresh one-time address that signs the administrator in')
    .option('--email <email>', 'sign in to this account instead')
    .action((options: JsonOption & { email?: string }) =>
      run(true, async (context) =>
        (await import('./sign-in-link-command.ts')).signInLinkCommand(context, options.email === undefined ? {} : { email: options.email }),
      ),
    )
  addPeopleCommands(program, command, run)
  addVaultCommands(command, run)
  addRetentionCommand(program, command, run)
  addPurgeCommand(program, command, run)
  addRebuildCommands(command, run)
  addVaultKeyCommand(program, command, run)
  addPrivateVaultCommands(program, command, run)
  addRecoveryKeyCommands(program, command, run)
  return program
}

type AddCommand = (name: string, description: string, parent?: Command) => Command

function addVaultCommands(command: AddCommand, run: Run): void {
  command('fsck', 'check that everything in a vault is there and whole')
    .option('--vault <id>', 'this vault; the default one when left out')
    .option('--deep', 'read and open every stored byte, not only footers and trees')
    .action((options: { vault?: string; deep?: boolean }) =>
      run(true, async (context) =>
        (await import('./fsck-command.ts')).fsckCommand(context, { vault: options.vault ?? null, deep: options.deep === true }),
      ),
    )
  command('gc', 'remove what no snapshot needs any more')
    .option('--vault <id>', 'this vault; the default one when left out')
    .option('--approve-large', 'also where more than a fifth of the vault would go')
    .option('--give-up <object>', 'removes, for good, what cannot be read and keeps the rest from being removed; may be repeated', all, [])
    .action((options: { vault?: string; approveLarge?: boolean; giveUp: string[] }) =>
      run(true, async (context) =>
        (await import('./gc-command.ts')).gcCommand(context, {
          vault: options.vault ?? null,
          isLargeApproved: options.approveLarge === true,
          givesUp: options.giveUp,
        }),
      ),
    )
}

function addVaultKeyCommand(program: Command, command: AddCommand, run: Run): void {
  command('export', 'put a new recovery key of a vault into a file', program.command('vault-key').description('keys that open a vault'))
    .requiredOption('--file <path>', 'a new file, for its owner alone; one that is there is never replaced')
    .option('--vault <vault>', 'this vault, by its id or name; the default one when left out')
    .action((options: { file: string; vault?: string }) =>
      run(true, async (context) =>
        (await import('./vault-key-command.ts')).exportVaultKeyCommand(context, { file: options.file, vault: options.vault ?? null }),
      ),
    )
}

/** Of an option that may be repeated. */
const all = (value: string, before: readonly string[]): string[] => [...before, value]

function addPurgeCommand(_program: Command, command: AddCommand, run: Run): void {
  command('purge', 'take paths out of all snapshots; shows what would leave, and does it with --yes')
    .argument('[paths...]', 'absolute paths on the devices: what is there leaves, with all below it')
    .option('--pattern <line>', 'a line of gitignore, which speaks of each source as its top; may be repeated', all, [])
    .option('--device <device>', 'of this device only, by its id or name; may be repeated', all, [])
    .option('--vault <id>', 'in this vault; the default one when left out')
    .option('--keep-undo', 'let the snapshots as they were be had back until the undo time is over; only then the content goes')
    .option('--list', 'show the purges of the vault')
    .option('--yes', 'do it')
    .action(
      (
        paths: string[],
        options: { pattern: string[]; device: string[]; vault?: string; keepUndo?: boolean; list?: boolean; yes?: boolean },
      ) =>
        run(true, async (context) =>
          (await import('./purge-command.ts')).purgeCommand(context, {
            paths,
            patterns: options.pattern,
            devices: options.device,
            vault: options.vault ?? null,
            keepsUndo: options.keepUndo === true,
            isListed: options.list === true,
            isSure: options.yes === true,
          }),
        ),
    )
}

function addRetentionCommand(_program: Command, command: AddCommand, run: Run): void {
  command('retention', 'apply the rules of all plans now').action(() =>
    run(true, async (context) => (await import('./retention-command.ts')).retentionCommand(context)),
  )
}

function addRecoveryKeyCommands(program: Command, command: AddCommand, run: Run): void {
  const group = program.command('recovery-key').description('24 words that open a vault without its hub')
  const withWords = (added: Command): Command =>
    added
      .requiredOption('--file <path>', 'the recovery kit, or a file with the words; - for standard input')
      .option('--vault <id>', 'this vault only')
  type Options = { file: string; vault?: string }
  withWords(command('test', 'say whether words open a vault of HOLDFAST_STORE; changes nothing', group)).action((options: Options) =>
    run(true, async (context) =>
      (await import('./recovery-key-command.ts')).testRecoveryKeyCommand(context, { file: options.file, vault: options.vault ?? null }),
    ),
  )
  withWords(command('use', 'have a vault open with this hub\u2019s secret, after its own hub was lost', group)).action((options: Options) =>
    run(true, async (context) =>
      (await import('./recovery-key-command.ts')).useRecoveryKeyCommand(context, { file: options.file, vault: options.vault ?? null }),
    ),
  )
}

function addRebuildCommands(command: AddCommand, run: Run): void {
  command('rebuild', 'make everything again that the database only knows from the store; the hub must be stopped')
    .option('--vault <id>', 'this vault only; all of the database, or of an empty one all of the store, when left out')
    .option('--from-self-backup [id]', 'first put back what only the database knew: from this self-backup, or the newest')
    .option('--key-file <path>', 'a recovery key or kit: on a new machine, whose secret opens no vault yet')
    .option('--replace', 'with --from-self-backup: throw away what the database holds')
    .option('--keep-tokens', 'with --from-self-backup: API tokens go on working; none was revoked since')
    .option('--yes', 'do not ask')
    .action((options: RebuildFlags) =>
      run(true, async (context) =>
        (await import('./rebuild-command.ts')).rebuildCommand(context, {
          vault: options.vault ?? null,
          keyFile: options.keyFile ?? null,
          selfBackup:
            options.fromSelfBackup === undefined ? null : { wanted: options.fromSelfBackup === true ? null : options.fromSelfBackup },
          isReplacing: options.replace === true,
          keepsTokens: options.keepTokens === true,
          isSure: options.yes === true,
        }),
      ),
    )
  const selfBackup = command('self-backup', 'have the hub back itself up into its vault now').action(() =>
    run(true, async (context) => (await import('./self-backup-command.ts')).selfBackupCommand(context)),
  )
  command('list', 'show the self-backups in the vault', selfBackup).action(() =>
    run(true, async (context) => (await import('./self-backup-command.ts')).listSelfBackupsCommand(context)),
  )
}

interface RebuildFlags {
  readonly vault?: string
  readonly fromSelfBackup?: string | true
  readonly keyFile?: string
  readonly replace?: boolean
  readonly keepTokens?: boolean
  readonly yes?: boolean
}

function addPeopleCommands(program: Command, command: AddCommand, run: Run): void {
  command('create', 'make a token with which a program calls the API', program.command('token').description('API tokens'))
    .requiredOption('--email <email>', 'of the account that the program speaks for')
    .option('--name <name>', 'what it is for', 'command line')
    .option('--scope <scope>', 'read, run or admin', 'read')
    .option('--expires <days>', 'days until it ends, or never', '365')
    .action((options: { email: string; name: string; scope: string; expires: string }) =>
      run(true, async (context) => (await import('./create-token-command.ts')).createTokenCommand(context, options)),
    )
  command('revoke', 'cut a device off for good; its snapshots stay', program.command('device').description('devices'))
    .argument('<device>', 'its name or id')
    .action((device: string) =>
      run(true, async (context) => (await import('./revoke-device-command.ts')).revokeDeviceCommand(context, device)),
    )
}

/** The edge at which errors become an answer and an exit status. */
function tellFailure(error: unknown, isJson: boolean): number {
  if (error instanceof CommanderError && error.exitCode === 0) return 0 // help or version was asked for
  const known = asAppError(error)
  if (isJson) process.stdout.write(`${JSON.stringify({ error: toWireError(known) })}\n`)
  else process.stderr.write(`holdfast-hub: ${known.message}\n${known.cure}\n`)
  // A bug: whoever reports it needs to see where.
  if (known.code === 'internal') process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
  return errorFacts(known.code).exit
}

function asAppError(error: unknown): AppError {
  if (error instanceof AppError) return error
  if (error instanceof CommanderError) {
    return new AppError('command.invalid', { message: error.message.replace(/^error: /, ''), cure: 'See `holdfast-hub --help`.' })
  }
  return new AppError('internal', { cause: error })
}
