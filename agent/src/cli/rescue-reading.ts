import { AppError } from '@holdfast/shared-types'
import { readPassphraseFile } from '../rescue/read-passphrase.ts'
import type { CommandContext } from './command-context.ts'
import type { Reading } from './reading-commands.ts'
import type { RescueAddress } from './with-rescued-vault.ts'

/** What a person said that opens the vault; `ask` = its passphrase, typed at the terminal. */
export type OpenerAsked = { readonly keyFile: string } | { readonly passphraseFile: string } | 'ask'

type AddressAsked = Omit<RescueAddress, 'opener'> & { readonly opener: OpenerAsked }

/** Reads snapshots from a vault by itself. Each is loaded when it is asked for. */
export const rescueReading = (asked: AddressAsked): Reading => {
  const address = (context: CommandContext): Promise<RescueAddress> => toAddress(context, asked)
  return {
    snapshots: async (context, args) =>
      (await import('./rescue-snapshots-command.ts')).rescueSnapshotsCommand(context, await address(context), args),
    ls: async (context, args) => (await import('./rescue-ls-command.ts')).rescueLsCommand(context, await address(context), args),
    restore: async (context, args) =>
      (await import('./rescue-restore-command.ts')).rescueRestoreCommand(context, await address(context), args),
    verify: async (context, args) =>
      (await import('./rescue-verify-command.ts')).rescueVerifyCommand(context, await address(context), args),
  }
}

async function toAddress({ terminal }: CommandContext, { opener, ...rest }: AddressAsked): Promise<RescueAddress> {
  if (opener !== 'ask') return { ...rest, opener: 'keyFile' in opener ? opener : { passphrase: readPassphraseFile(opener.passphraseFile) } }
  if (terminal.askHidden === null)
    throw new AppError('command.invalid', {
      message: 'Nobody is there to be asked for the passphrase.',
      cure: 'Put it into a file that only you may read, and give --passphrase-file FILE; - is standard input.',
    })
  const passphrase = (await terminal.askHidden('Passphrase of the vault: ')) ?? ''
  if (passphrase === '')
    throw new AppError('run.cancelled', { message: 'No passphrase was typed.', cure: 'Type it, or give --key-file FILE.' })
  return { ...rest, opener: { passphrase } }
}
