import { readFileSync, statSync } from 'node:fs'
import { AppError } from '@holdfast/shared-types'

/** Nobody types more. */
const mostBytes = 64 * 1024

/**
 * The passphrase in a file: all of its text but one line end behind it.
 * @param file `-` is standard input. A passphrase is never an argument: those are seen by all users of the machine.
 * @throws AppError `command.invalid` for what cannot be read, or holds none
 */
export function readPassphraseFile(file: string): string {
  const passphrase = readText(file).replace(/\r?\n$/, '')
  if (passphrase === '') throw unreadable(file, new Error('it is empty'))
  return passphrase
}

function readText(file: string): string {
  try {
    if (file !== '-' && statSync(file).size > mostBytes) throw new Error('it is larger than any passphrase')
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file === '-' ? 0 : file))
  } catch (cause) {
    throw unreadable(file, cause)
  }
}

const unreadable = (file: string, cause: unknown): AppError =>
  new AppError('command.invalid', {
    message: `The passphrase could not be read: ${file === '-' ? 'standard input' : file} (${reasonOf(cause)}).`,
    cure: 'Give a text file with the passphrase and nothing else; - is standard input.',
    cause,
  })

const reasonOf = (cause: unknown): string => {
  if (!(cause instanceof Error)) return 'unknown'
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message
}
