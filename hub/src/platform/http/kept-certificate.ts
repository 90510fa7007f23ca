import type { Server } from 'node:https'
import { AppError } from '@holdfast/shared-types'
import type { TlsFiles } from '../../config/config-schema.ts'
import type { Logger } from '../logging/logger.ts'
import { readTlsCertificate, type TlsCertificate } from './tls-certificate.ts'

export interface CertificateState {
  readonly validToMs: number
  /** Why the newest files are not the ones in use; null where they are. */
  readonly problem: AppError | null
}

export interface CertificateOptions {
  readonly files: TlsFiles
  readonly log: Logger
  readonly now?: () => number
  readonly lookEveryMs?: number
}

/** Certificates are renewed every few weeks; reading two small files costs nothing, and sees every way in which they are exchanged. */
const defaultLookEveryMs = 10_000
const dayMs = 86_400_000
/** Renewal by ACME happens 30 days before the end: who has not done so by then has forgotten it. */
export const renewBeforeMs = 14 * dayMs

/** Older versions are broken; RFC 8996. */
export const tlsOptionsOf = ({ cert, key }: TlsCertificate) => ({ cert, key, minVersion: 'TLSv1.2' as const })

/** The hub's certificate, followed while the hub runs: new connections get the new one, those that are there go on. */
export class KeptCertificate {
  readonly #options: CertificateOptions
  readonly #now: () => number
  #current: TlsCertificate
  #problem: AppError | null = null
  #looking: NodeJS.Timeout | undefined

  /** @throws AppError `settings.invalid` */
  constructor(options: CertificateOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
    this.#current = readTlsCertificate(options.files)
    this.#warnOfTime()
  }

  get current(): TlsCertificate {
    return this.#current
  }

  get state(): CertificateState {
    return { validToMs: this.#current.validToMs, problem: this.#problem }
  }

  /** Looks from now on. */
  follow(server: Server): void {
    this.#looking = setInterval(() => this.look(server), this.#options.lookEveryMs ?? defaultLookEveryMs).unref()
  }

  stop(): void {
    clearInterval(this.#looking)
  }

  /** Takes new files, if they are good; else the old ones stay in use, and it is said once. */
  look(server: Server): void {
    try {
      const found = readTlsCertificate(this.#options.files)
      this.#problem = null
      if (found.cert === this.#current.cert && found.key === this.#current.key) return
      server.setSecureContext(tlsOptionsOf(found))
      this.#current = found
      this.#options.log.info({ event: 'certificate.replaced' }, 'The certificate was replaced; connections go on')
      this.#warnOfTime()
    } catch (error) {
      this.#keep(error instanceof AppError ? error : new AppError('settings.invalid', { cause: error }))
    }
  }

  #keep(problem: AppError): void {
    if (this.#problem?.message === problem.message) return
    this.#problem = problem
    this.#options.log.error({ event: 'certificate.unusable', err: problem }, 'The new certificate cannot be used; the old one stays')
  }

  #warnOfTime(): void {
    const { validFromMs, validToMs } = this.#current
    const now = this.#now()
    if (now > validToMs)
      this.#options.log.warn({ event: 'certificate.expired' }, 'The certificate has expired: agents and browsers refuse it')
    else if (now < validFromMs)
      this.#options.log.warn(
        { event: 'certificate.not-yet-valid' },
        'The certificate is not valid yet: check it and this machine\u2019s clock',
      )
    else if (validToMs - now < renewBeforeMs)
      this.#options.log.warn({ event: 'certificate.expires-soon' }, 'The certificate expires within two weeks')
  }
}
