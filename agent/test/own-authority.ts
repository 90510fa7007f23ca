import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** An authority and the certificates it signs, as a company without a public one has them; by openssl, for Node makes none. */
export class OwnAuthority {
  readonly caFile: string
  readonly #folder: string
  readonly #caKey: string

  constructor(folder: string, name = 'own') {
    this.#folder = folder
    this.caFile = join(folder, `${name}-ca.pem`)
    this.#caKey = join(folder, `${name}-ca.key`)
    openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      this.#caKey,
      '-out',
      this.caFile,
      '-days',
      '2',
      '-subj',
      `/CN=${name} authority`,
    )
  }

  /** @param days may be negative: a certificate that has expired. */
  sign(name: string, { altName = 'IP:127.0.0.1,DNS:localhost', days = 30 } = {}): { certificateFile: string; keyFile: string } {
    const file = (ending: string): string => join(this.#folder, `${name}.${ending}`)
    openssl(
      'req',
      '-new',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      file('key'),
      '-out',
      file('csr'),
      '-subj',
      '/CN=hub',
    )
    writeFileSync(file('ext'), `subjectAltName=${altName}\nextendedKeyUsage=serverAuth\n`)
    openssl(
      'x509',
      '-req',
      '-in',
      file('csr'),
      '-CA',
      this.caFile,
      '-CAkey',
      this.#caKey,
      '-CAcreateserial',
      '-extfile',
      file('ext'),
      '-days',
      String(days),
      '-out',
      file('pem'),
    )
    return { certificateFile: file('pem'), keyFile: file('key') }
  }
}

const openssl = (...args: string[]): void => void execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] })
