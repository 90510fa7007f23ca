import { EngineError, isEngineError } from '../errors/index.ts'
import type { KeySecret } from './key-slots.ts'
import { findRecoveryWords } from './recovery-words.ts'

/** What a person opens a vault with. */
export type PersonsSecret = Exclude<KeySecret, { readonly kind: 'hub-secret' }>

export interface OpenedWith<T> {
  readonly opened: T
  readonly secret: PersonsSecret
}

/**
 * Opens a vault with what somebody typed or kept: recovery words anywhere in the text, else its first line as a passphrase.
 * @throws EngineError as {@link openWithFirst} does
 */
export async function openWithKept<T>(text: string, open: (secret: PersonsSecret) => Promise<T>): Promise<OpenedWith<T>> {
  const { keys } = await findRecoveryWords(text)
  const passphrase = text.split(/\r?\n/, 1)[0] ?? ''
  const typed: PersonsSecret[] = passphrase === '' ? [] : [{ kind: 'passphrase', passphrase }]
  return openWithFirst([...keys.map((words) => ({ kind: 'recovery-words', words }) as const), ...typed], open)
}

/**
 * Opens a vault with the first of some secrets that does it.
 * @throws EngineError `key-slot.wrong-secret` where none does; or what else went wrong with one of them, which may be the right one
 */
export async function openWithFirst<T>(
  secrets: readonly PersonsSecret[],
  open: (secret: PersonsSecret) => Promise<T>,
): Promise<OpenedWith<T>> {
  const unreadable: EngineError[] = []
  for (const secret of secrets) {
    try {
      return { opened: await open(secret), secret }
    } catch (error) {
      if (!isEngineError(error)) throw error
      if (error.code !== 'key-slot.wrong-secret') unreadable.push(error)
    }
  }
  // Something damaged may hide the very slot: "wrong secret" would send its owner after another one.
  if (unreadable[0] !== undefined) throw unreadable[0]
  throw new EngineError('key-slot.wrong-secret', 'Neither recovery words nor a passphrase that open this vault.')
}
