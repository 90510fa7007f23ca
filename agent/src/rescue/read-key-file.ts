import { readFileSync, statSync } from 'node:fs'
import { findRecoveryWords } from '@holdfast/engine/vault'
import { AppError, VaultId } from '@holdfast/shared-types'
import { z } from 'zod'

/** A recovery kit has some kilobytes. */
const mostBytes = 1024 * 1024

/** What `holdfast-hub vault-key export` writes. */
const KeyFile = z.object({ format: z.literal('holdfast-key-1'), vaultId: VaultId, words: z.union([z.string(), z.array(z.string())]) })

export interface VaultKey {
  /** 24 words each: mostly one, more where the text holds several keys. */
  readonly keys: readonly string[]
  /** Which vault the file says that it opens; null where it does not say. */
  readonly vaultId: VaultId | null
}

/**
 * The recovery words in a file: one that the hub wrote, a recovery kit, or any text with them.
 * @param file `-` is standard input. Words are never an argument: those are seen by all users of the machine.
 * @throws AppError `command.invalid` for what cannot be read, `vault.wrong-key` for what holds no recovery words
 */
export async function readKeyFile(file: string): Promise<VaultKey> {
  const text = readText(file)
  const known = KeyFile.safeParse(parseJson(text))
  const { keys, wordCount } = await findRecoveryWords(known.success ? [known.data.words].flat().join(' ') : text)
  if (keys.length > 0) return { keys, vaultId: known.success ? known.data.vaultId : null }
  throw new AppError('vault.wrong-key', {
    message: `These are no 24 recovery words in their right order (${wordCount} words were read).`,
    cure: 'Give the file that `holdfast-hub vault-key export` wrote, the recovery kit, or a text file with its 24 words; check spelling and order.',
  })
}

function readText(file: string): string {
  try {
    if (file !== '-' && statSync(file).size > mostBytes) throw new Error('it is larger than any key file')
    return readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (cause) {
    throw new AppError('command.invalid', {
      message: `The key file could not be read: ${file === '-' ? 'standard input' : file} (${reasonOf(cause)}).`,
      cure: 'Give the file that `holdfast-hub vault-key export` wrote, or a text file with the recovery words; - is standard input.',
      cause,
    })
  }
}

const reasonOf = (cause: unknown): string => {
  if (!(cause instanceof Error)) return 'unknown'
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // A text with words.
  }
}
