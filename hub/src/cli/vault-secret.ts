import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { AppError } from '@holdfast/shared-types'
import { isLastingPassphrase, leastPassphraseCharacters, strengthOf } from '../features/vaults/index.ts'
import { requireYes } from './ask-yes.ts'

/*
 * What opens a private vault, asked of a person or read from a file; it stays in this process. Never an argument: those are seen by all users of the machine.
 */

/** @throws AppError `command.invalid` where nobody can be asked */
export async function askHidden(question: string): Promise<string> {
  const { stdin, stderr } = process
  if (!stdin.isTTY || !stderr.isTTY)
    throw new AppError('command.invalid', {
      message: 'A passphrase is asked for on a terminal, and there is none here.',
      cure: 'Run the command on a terminal, or name a file: --passphrase-file.',
    })
  stderr.write(question)
  const asked = createInterface({ input: stdin, output: new Writable({ write: (_chunk, _encoding, done) => done() }), terminal: true })
  try {
    return await asked.question('')
  } finally {
    asked.close()
    stderr.write('\n')
  }
}

export interface NewPassphraseOptions {
  /** With the passphrase in its first line; null: asked for. */
  readonly file: string | null
  /** A weak one is taken without another question. */
  readonly isWeakTaken: boolean
}

/** A new one: typed twice, or the first line of a file. @throws AppError `command.invalid` */
export async function newPassphrase({ file, isWeakTaken }: NewPassphraseOptions): Promise<string> {
  const passphrase = file === null ? await askHidden('New passphrase: ') : firstLineOf(file)
  if (!isLastingPassphrase(passphrase))
    throw new AppError('command.invalid', {
      message: 'The passphrase holds a character that another device may read as another one.',
      cure: 'Choose it without that.',
    })
  const { level } = strengthOf(passphrase)
  if (level === 'short')
    throw new AppError('command.invalid', {
      message: `The passphrase has fewer than ${leastPassphraseCharacters} characters.`,
      cure: 'Take several words that nobody would put together.',
    })
  if (level === 'weak' && !isWeakTaken)
    await requireYes(
      'The passphrase is weak: somebody who copies the vault and has much money finds it within a year. Take it all the same?',
      '--weak-passphrase',
    )
  if (file === null && (await askHidden('The same again: ')) !== passphrase)
    throw new AppError('command.invalid', { message: 'The two are not the same. Nothing was changed.', cure: 'Run the command again.' })
  return passphrase
}

/** Typed or from a file: the passphrase or the recovery words of a vault. @throws AppError `command.invalid` */
export const askSecret = async (file: string | null): Promise<string> =>
  file === null ? askHidden('Passphrase or recovery words of the vault: ') : readText(file)

function readText(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (cause) {
    throw new AppError('command.invalid', {
      message: `The file could not be read: ${file}.`,
      cure: 'Check its name and its rights.',
      cause,
    })
  }
}

const firstLine = (text: string): string => text.split(/\r?\n/, 1)[0] ?? ''
const firstLineOf = (file: string): string => firstLine(readText(file))
