import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { AppError } from '@holdfast/shared-types'
import type { TlsFiles } from '../../config/config-schema.ts'
import { errorCode } from '../lifecycle/error-code.ts'

/** A certificate and its key that fit together, as PEM. */
export interface TlsCertificate {
  /** With the certificates between it and its authority. */
  readonly cert: string
  readonly key: string
  readonly validFromMs: number
  readonly validToMs: number
}

/** @throws AppError `settings.invalid` that names the setting and the cure */
export function readTlsCertificate({ certificateFile, keyFile }: TlsFiles): TlsCertificate {
  const cert = readPem('HOLDFAST_TLS_CERT', certificateFile)
  const key = readPem('HOLDFAST_TLS_KEY', keyFile)
  const certificate = parseCertificate(cert)
  if (!certificate.checkPrivateKey(parseKey(key)))
    throw unusable('HOLDFAST_TLS_KEY: the key is not the one of the certificate.', 'Give the key with which the certificate was requested.')
  return { cert, key, validFromMs: certificate.validFromDate.getTime(), validToMs: certificate.validToDate.getTime() }
}

function readPem(setting: string, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw unusable(
      `${setting}: the file cannot be read (${errorCode(cause) || 'unknown'}).`,
      'Check the path, and that the hub\u2019s user may read the file.',
      cause,
    )
  }
}

/** The first one of a chain: that is the hub's own. */
function parseCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch (cause) {
    throw unusable('HOLDFAST_TLS_CERT: this is no certificate in PEM form.', 'Give the file that begins with BEGIN CERTIFICATE.', cause)
  }
}

function parseKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch (cause) {
    const isLocked = errorCode(cause) === 'ERR_MISSING_PASSPHRASE' || pem.includes('ENCRYPTED')
    throw unusable(
      isLocked ? 'HOLDFAST_TLS_KEY: the key has a passphrase.' : 'HOLDFAST_TLS_KEY: this is no private key in PEM form.',
      isLocked ? 'Store it without one, readable by the hub alone.' : 'Give the file that begins with BEGIN PRIVATE KEY.',
      cause,
    )
  }
}

const unusable = (message: string, cure: string, cause?: unknown): AppError => new AppError('settings.invalid', { message, cure, cause })
