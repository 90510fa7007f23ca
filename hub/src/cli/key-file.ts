import { closeSync, existsSync, fsyncSync, openSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { AppError, type VaultId } from '@holdfast/shared-types'

export interface KeyFile {
  readonly format: 'holdfast-key-1'
  readonly vaultId: VaultId
  readonly words: readonly string[]
}

/** @throws AppError `command.invalid` */
export function requireNoFile(place: string): void {
  if (existsSync(place)) throw isThere(place)
}

/**
 * Writes a key into a new file that only its owner may read, durably, and then does what makes the key open something. Where that fails the
 * file is removed again: a key that opens nothing would be believed in. A signal meanwhile is not heeded; it is a moment.
 *
 * @throws AppError `command.invalid` where the file cannot be written, or what the work throws
 */
export async function keepKeyFile<T>(place: string, key: KeyFile, work: () => Promise<T>): Promise<T> {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  const wait = (): void => undefined
  for (const signal of signals) process.on(signal, wait)
  try {
    writeNewFile(place, `${JSON.stringify(key, null, 2)}\n`)
    try {
      return await work()
    } catch (error) {
      rmSync(place, { force: true })
      throw error
    }
  } finally {
    for (const signal of signals) process.off(signal, wait)
  }
}

function writeNewFile(place: string, text: string): void {
  let file: number
  try {
    file = openSync(place, 'wx', 0o600)
  } catch (cause) {
    throw isSystemError(cause, 'EEXIST') ? isThere(place) : unwritable(place, cause)
  }
  try {
    try {
      writeFileSync(file, text)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    syncFolder(path.dirname(place))
  } catch (cause) {
    rmSync(place, { force: true })
    throw unwritable(place, cause)
  }
}

/** So that its name is there after a power failure too; some file systems (those of Windows, of memory sticks) neither can nor need to. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } catch (error) {
    if (!isSystemError(error, 'EINVAL')) throw error
  } finally {
    closeSync(handle)
  }
}

const isSystemError = (error: unknown, code: string): boolean => error instanceof Error && 'code' in error && error.code === code

const isThere = (place: string): AppError =>
  new AppError('command.invalid', {
    message: `${place} is there already, and a key file is never replaced: it may be the only key of a vault.`,
    cure: 'Give another name.',
  })

const unwritable = (place: string, cause: unknown): AppError =>
  new AppError('command.invalid', {
    message: `${place} could not be written (${cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason'}). No key was added.`,
    cure: 'Name a file in a folder that is there and that this user may write to, with room on its disk.',
    cause,
  })
