import { randomBytes } from 'node:crypto'
import { chmodSync, readFileSync, statSync } from 'node:fs'
import { AppError } from '@holdfast/shared-types'
import type { Logger } from '../logging/logger.ts'
import { createFileOnce } from './durable-file.ts'
import { errorCode } from './error-code.ts'

/** 256 bits: the key that seals vault keys. */
const secretBytes = 32

export interface HubSecretOptions {
  readonly file: string
  /** True when the hub has kept something here before: then a missing secret is a loss, not a first start. */
  readonly isInUse: boolean
  readonly log: Pick<Logger, 'warn'>
}

/**
 * The hub's secret from its file, made on the first start. Durable before it is returned, and never written twice: a vault
 * sealed with it would be lost with it.
 *
 * @throws AppError `settings.invalid` when the file is damaged, or gone although the hub was used before.
 */
export function loadHubSecret(options: HubSecretOptions): Uint8Array {
  const { file } = options
  const text = readSecretFile(file)
  if (text !== null) {
    tighten(file, options.log)
    return decodeSecret(text, file)
  }
  if (options.isInUse) {
    throw new AppError('settings.invalid', {
      message: `The hub's secret is missing: ${file} does not exist, but this data folder was used before.`,
      cure: 'Put the file back from your copy, or set HOLDFAST_SECRET to the secret used before. A new one would not open the vaults.',
    })
  }
  createFileOnce(file, `${randomBytes(secretBytes).toString('base64url')}\n`, 0o600)
  return decodeSecret(readSecretFile(file) ?? '', file)
}

function readSecretFile(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null
    throw error
  }
}

function decodeSecret(text: string, file: string): Uint8Array {
  const secret = Buffer.from(text.trim(), 'base64url')
  if (secret.length === secretBytes && secret.toString('base64url') === text.trim()) return secret
  throw new AppError('settings.invalid', {
    message: `The hub's secret in ${file} is damaged: it is not ${secretBytes} bytes in base64url.`,
    cure: 'Put the file back from your copy, or set HOLDFAST_SECRET. Do not let a new one be made: it would not open the vaults.',
  })
}

function tighten(file: string, log: Pick<Logger, 'warn'>): void {
  if (process.platform === 'win32' || (statSync(file).mode & 0o077) === 0) return
  chmodSync(file, 0o600)
  log.warn({ event: 'secret.tightened' }, 'The secret file could be read by other users; its mode is 0600 now')
}
