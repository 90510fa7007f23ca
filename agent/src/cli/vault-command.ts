import { AppError } from '@holdfast/shared-types'
import { Command } from 'commander'
import { addReadingCommands, type Act } from './reading-commands.ts'
import type { OpenerAsked } from './rescue-reading.ts'

const usage = '<store-url> --key-file <file> <command>'
const keyFileOption = '--key-file'
const passphraseOption = '--passphrase'
const passphraseFileOption = '--passphrase-file'

interface OpenOptions {
  readonly keyFile?: string
  readonly passphrase?: boolean
  readonly passphraseFile?: string
  readonly unverified?: boolean
}

/**
 * `holdfast vault open STORE_URL --key-file FILE snapshots|ls|restore|verify …`: the same commands as for a hub's snapshots. A command with an
 * argument of its own and commands below it is nothing that commander knows, so the address is taken out first.
 */
export function addVaultCommand(program: Command, act: Act): void {
  const open = program.command('vault').description('a vault by itself, without its hub').command('open')
  open
    .description('read a vault with its recovery words or its passphrase: no hub, no database and no enrolment is needed')
    .usage(usage)
    .argument('[<store-url> --key-file <file> <command>...]')
    .allowUnknownOption()
    .helpOption(false)
    .action(async (words: string[]) => {
      const { address, rest } = takeAddress(words)
      const commands = new Command(address === undefined ? 'holdfast vault open' : `holdfast vault open ${address}`).copyInheritedSettings(
        open,
      )
      describe(commands, address)
      addReadingCommands(commands, act, async () => {
        const options = commands.opts<OpenOptions>()
        if (address === undefined) throw missing('the address of the vault')
        const { rescueReading } = await import('./rescue-reading.ts')
        return rescueReading({ storeUrl: address, opener: openerOf(options), takesUnverified: options.unverified === true })
      })
      await commands.parseAsync(rest, { from: 'user' })
    })
}

/** One of the three. */
function openerOf({ keyFile, passphrase, passphraseFile }: OpenOptions): OpenerAsked {
  const given: OpenerAsked[] = []
  if (keyFile !== undefined) given.push({ keyFile })
  if (passphraseFile !== undefined) given.push({ passphraseFile })
  if (passphrase === true) given.push('ask')
  const [opener] = given
  if (opener === undefined || given.length > 1) throw missing(`one of ${keyFileOption}, ${passphraseOption} and ${passphraseFileOption}`)
  return opener
}

function describe(commands: Command, address: string | undefined): void {
  commands
    .helpOption('-h, --help', 'display help for command')
    .usage(address === undefined ? usage : `${keyFileOption} <file> <command>`)
    .description(
      'Reads a vault with its recovery words or its passphrase: no hub, no database and no enrolment is needed, and nothing is written to the vault. <store-url> is the folder that holds vault.json, as a path or as file:///path.',
    )
    .option(
      `${keyFileOption} <file>`,
      'what `holdfast-hub vault-key export` wrote, the recovery kit, or a text with the words; - is standard input',
    )
    .option(passphraseOption, 'ask for the passphrase of a private vault')
    .option(`${passphraseFileOption} <file>`, 'a text file with the passphrase and nothing else; - is standard input')
    .option('--unverified', 'also restore a snapshot that its device or its hub does not vouch for')
}

/** The first word that is neither an option nor the value of one that takes one. */
function takeAddress(words: readonly string[]): { readonly address: string | undefined; readonly rest: string[] } {
  const at = words.findIndex(
    (word, index) => !word.startsWith('-') && ![keyFileOption, passphraseFileOption].includes(words[index - 1] ?? ''),
  )
  return { address: words[at], rest: words.filter((_, index) => index !== at) }
}

const missing = (what: string): AppError =>
  new AppError('command.invalid', { message: `This needs ${what}.`, cure: `Use it like this: holdfast vault open ${usage}.` })
