import { X509Certificate } from 'node:crypto'
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import { AppError } from '@holdfast/shared-types'

/** Where a device's hub is, and by whom its certificate may be signed besides the authorities of the system. */
export interface HubPlace {
  /** Origin. */
  readonly hubUrl: string
  /** One or more certificates as PEM; given at enrolment. */
  readonly authority?: string | undefined
}

const known = new Map<string, SecureContext>()

/**
 * What a connection to this hub trusts: the authorities that come with Node, those of the system, and the device's own. Null for plain
 * HTTP. Made once: a few hundred certificates are parsed for it.
 */
export function trustOf({ hubUrl, authority = '' }: HubPlace): SecureContext | null {
  if (!hubUrl.startsWith('https:')) return null
  const made = known.get(authority) ?? createSecureContext({ ca: authorities(authority), minVersion: 'TLSv1.2' })
  known.set(authority, made)
  return made
}

function authorities(own: string): string[] {
  // Absent before Node 22.15: then those that come with Node, as everywhere.
  if (typeof getCACertificates !== 'function') return own === '' ? [] : [own]
  return [...new Set([...getCACertificates('default'), ...systemAuthorities(), ...(own === '' ? [] : [own])])]
}

function systemAuthorities(): string[] {
  try {
    return getCACertificates('system')
  } catch {
    // A store of the system that cannot be read: its authorities are not trusted, and a certificate of theirs says so.
    return []
  }
}

/** @throws AppError `command.invalid` when the text holds no certificate. */
export function requireAuthority(pem: string): string {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? []
  try {
    if (blocks.length === 0) throw new Error('no certificate')
    const certificates = blocks.map((block) => new X509Certificate(block))
    return certificates.map((certificate) => certificate.toString()).join('')
  } catch (cause) {
    throw new AppError('command.invalid', {
      message: 'The file given with --ca holds no certificate in PEM form.',
      cure: 'Give the certificate of the authority that signed the hub\u2019s: a file that begins with BEGIN CERTIFICATE.',
      cause,
    })
  }
}

const wrongName = new Set(['ERR_TLS_CERT_ALTNAME_INVALID', 'HOSTNAME_MISMATCH'])
const wrongTime = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'])
const notTrusted = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'CERT_REJECTED',
  'CERT_REVOKED',
  'INVALID_CA',
  'INVALID_PURPOSE',
])

/** What a code of TLS means for a person; null for anything that is not about the hub's certificate. */
export function certificateProblem(code: string | null): AppError | null {
  if (code === null) return null
  if (wrongName.has(code))
    return new AppError('hub.certificate-untrusted', {
      message: 'The hub\u2019s certificate is for another name than the one in its address.',
      cure: 'Use the name that is in the certificate (`holdfast enrol --update-url URL`), or give the hub a certificate for this one.',
    })
  if (wrongTime.has(code))
    return new AppError('hub.certificate-untrusted', {
      message: code === 'CERT_HAS_EXPIRED' ? 'The hub\u2019s certificate has expired.' : 'The hub\u2019s certificate is not valid yet.',
      cure: 'Check this machine\u2019s clock; renew the certificate on the hub.',
    })
  return notTrusted.has(code) ? new AppError('hub.certificate-untrusted', { context: { reason: code } }) : null
}
