import { AppError } from '@holdfast/shared-types'
import { Command } from 'commander'
import { addReadingCommands, type Act } from './reading-commands.ts'

const usage = '<store-url> --key-file <file> <command>'
const keyFileOption = '--key-file'

interface OpenOptions {
  readonly keyFile?: string
  readonly unverified?: boolean
}

/**
 * `holdfast vault open STORE_URL --key-file FILE snapshots|ls|restore|verify …`: the same commands as for a hub's snapshots. A command with an
 * argument of its own and commands below it is nothing that commander knows, so the address is taken out first.
 */
export function addVaultCommand(program: Command, act: Act): void {
  const open = program.command('vault').description('a vault by itself, without its hub').command('open')
  open
    .description('read a vault with its recovery words: no hub, no database and no enrolment is needed')
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
        const { keyFile, unverified } = commands.opts<OpenOptions>()
        if (address === undefined || keyFile === undefined)
          throw missing(address === undefined ? 'the address of the vault' : keyFileOption)
        const { rescueReading } = await import('./rescue-reading.ts')
        return rescueReading({ storeUrl: address, keyFile, takesUnverified: unverified === true })
      })
      await commands.parseAsync(rest, { from: 'user' })
    })
}

function describe(commands: Command, address: string | undefined): void {
  commands
    .helpOption('-h, --help', 'display help for command')
    .usage(address === undefined ? usage : `${keyFileOption} <file> <command>`)
    .description(
      'Reads a vault with its recovery words: no hub, no database and no enrolment is needed, and nothing is written to the vault. <store-url> is the folder that holds vault.json, as a path or as file:///path.',
    )
    .option(
      `${keyFileOption} <file>`,
      'what `holdfast-hub vault-key export` wrote, the recovery kit, or a text with the words; - is standard input',
    )
    .option('--unverified', 'also restore a snapshot that its device or its hub does not vouch for')
}

/** The first word that is neither an option nor the value of one that takes one. */
function takeAddress(words: readonly string[]): { readonly address: string | undefined; readonly rest: string[] } {
  const at = words.findIndex((word, index) => !word.startsWith('-') && words[index - 1] !== keyFileOption)
  return { address: words[at], rest: words.filter((_, index) => index !== at) }
}

const missing = (what: string): AppError =>
  new AppError('command.invalid', { message: `This needs ${what}.`, cure: `Use it like this: holdfast vault open ${usage}.` })
