import type { Command } from 'commander'
import type { CliContext } from './cli-context.ts'

type Run = (isShort: boolean, work: (context: CliContext) => Promise<number | void>) => Promise<void>
type AddCommand = (name: string, description: string, parent?: Command) => Command

interface WeakOption {
  readonly weakPassphrase?: boolean
}

interface Opening {
  readonly vault: string
  readonly passphraseFile?: string
}

const load = () => import('./private-vault-commands.ts')
const withOpening = (added: Command): Command =>
  added
    .requiredOption('--vault <vault>', 'the private vault, by its id or name')
    .option('--passphrase-file <path>', 'its passphrase in the first line, or its recovery words; asked for when left out')

/** Private vaults: their keys live in the process of these commands, and never reach the hub. */
export function addPrivateVaultCommands(program: Command, command: AddCommand, run: Run): void {
  const group = program.command('vault').description('private vaults, which the hub cannot read')
  command('create', 'make a private vault', group)
    .requiredOption('--private <name>', 'how it is called')
    .option('--passphrase-file <path>', 'the new passphrase in the first line; asked for twice when left out')
    .option('--weak-passphrase', 'take the passphrase although it is weak')
    .option('--words-file <path>', 'a new file for the recovery words; shown and asked back when left out')
    .action((options: WeakOption & { private: string; passphraseFile?: string; wordsFile?: string }) =>
      run(true, async (context) =>
        (await load()).createPrivateVaultCommand(context, {
          name: options.private,
          passphrase: { file: options.passphraseFile ?? null, isWeakTaken: options.weakPassphrase === true },
          wordsFile: options.wordsFile ?? null,
        }),
      ),
    )
  withOpening(command('approve <device>', 'let a device that waits for keys into its private vault', group))
    .option('--fingerprint <fingerprint>', 'as `holdfast status` shows it on the device: compared instead of asked for')
    .option('--yes', 'let it in without any comparison')
    .action((device: string, options: Opening & { fingerprint?: string; yes?: boolean }) =>
      run(true, async (context) =>
        (await load()).approveDeviceCommand(context, {
          device,
          vault: options.vault,
          passphraseFile: options.passphraseFile ?? null,
          fingerprint: options.fingerprint ?? null,
          isSure: options.yes === true,
        }),
      ),
    )
  addSlotCommands(group, command, run)
}

function addSlotCommands(group: Command, command: AddCommand, run: Run): void {
  const slots = group.command('slots').description('passphrases and recovery words of a private vault')
  command('list', 'show which there are', slots)
    .requiredOption('--vault <vault>', 'the private vault, by its id or name')
    .action((options: Opening) => run(true, async (context) => (await load()).listSlotsCommand(context, options)))
  withOpening(command('add', 'have it open with another passphrase, or other words', slots))
    .option('--words', 'make recovery words instead of a passphrase')
    .option('--new-passphrase-file <path>', 'the new passphrase in the first line; asked for twice when left out')
    .option('--weak-passphrase', 'take the new passphrase although it is weak')
    .option('--words-file <path>', 'a new file for the words; shown and asked back when left out')
    .action((options: Opening & WeakOption & { words?: boolean; newPassphraseFile?: string; wordsFile?: string }) =>
      run(true, async (context) =>
        (await load()).addSlotCommand(context, {
          vault: options.vault,
          passphraseFile: options.passphraseFile ?? null,
          withWords: options.words === true,
          passphrase: { file: options.newPassphraseFile ?? null, isWeakTaken: options.weakPassphrase === true },
          wordsFile: options.wordsFile ?? null,
        }),
      ),
    )
  command('remove <slot>', 'have it open no more with one of them', slots)
    .requiredOption('--vault <vault>', 'the private vault, by its id or name')
    .action((slotId: string, options: Opening) =>
      run(true, async (context) => (await load()).removeSlotCommand(context, { vault: options.vault, slotId })),
    )
}
