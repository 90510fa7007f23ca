import { z } from 'zod'
import { isLoopback } from './loopback.ts'

/*
 * Every setting of the hub: name in the environment, meaning, unit, default. A name may also come as X_FILE (path of a file with
 * the value), which is how secrets reach a container.
 */

const flag = z.enum(['true', 'false'], 'must be true or false').transform((word) => word === 'true')

const port = z
  .string()
  .regex(/^\d{1,5}$/, 'must be a port number')
  .transform(Number)
  .refine((value) => value <= 65_535, 'must be at most 65535')

const httpOrigin = z.string().transform((text, ctx) => {
  const url = URL.parse(text)
  const usable =
    url !== null &&
    (url.protocol === 'http:' || url.protocol === 'https:') &&
    url.pathname === '/' &&
    url.search === '' &&
    url.hash === '' &&
    url.username === ''
  if (!usable) {
    ctx.addIssue('must be an address like https://backup.example.org, without path')
    return z.NEVER
  }
  return url.origin
})

const databaseUrl = z
  .string()
  .refine((text) => /^postgres(ql)?:\/\//.test(text) && URL.canParse(text), 'must be like postgresql://user:password@host:5432/database')

const storeUrl = z.string().transform((text, ctx) => {
  const url = URL.parse(text)
  if (url?.protocol !== 'file:' || url.host !== '' || url.pathname === '/') {
    ctx.addIssue('must be like file:///srv/holdfast/store (other stores come with a later release)')
    return z.NEVER
  }
  return url.href
})

const secret = z.string().transform((text, ctx) => {
  const bytes = Buffer.from(text.trim(), 'base64url')
  if (bytes.length !== 32 || bytes.toString('base64url') !== text.trim().replace(/=+$/, '')) {
    ctx.addIssue('must be 32 random bytes as base64url (43 characters), e.g. from: openssl rand 32 | basenc --base64url')
    return z.NEVER
  }
  return new Uint8Array(bytes)
})

/** Length of a lease; 300 ms is for tests, a day for links that are cut for long. */
const leaseMs = z
  .string()
  .regex(/^\d+$/, 'must be a whole number of milliseconds')
  .transform(Number)
  .refine((value) => value >= 300 && value <= 86_400_000, 'must be between 300 and 86400000 milliseconds')

/** How many, or for how long, logs are kept. */
const countUpTo = (most: number) =>
  z
    .string()
    .regex(/^\d{1,5}$/, `must be a whole number from 1 to ${most}`)
    .transform(Number)
    .refine((value) => value >= 1 && value <= most, `must be a whole number from 1 to ${most}`)

const auditDays = z
  .string()
  .regex(/^\d+$/, 'must be a whole number of days')
  .transform(Number)
  .refine((value) => value >= 1 && value <= 36_500, 'must be between 1 and 36500 days')

/** Requests a second; far above what a person or a sane program asks. */
const rateLimit = z
  .string()
  .regex(/^\d+$/, 'must be a whole number of requests a second, or 0 for no limit')
  .transform(Number)
  .refine((value) => value <= 1_000_000, 'must be at most 1000000')

/** The settings as the environment gives them; absent ones are filled in by `loadConfig`. */
export const settings = {
  HOLDFAST_DATA: z.string().min(1, 'must be a folder').optional(),
  HOLDFAST_HOST: z.string().min(1, 'must be an address').default('127.0.0.1'),
  HOLDFAST_PORT: port.default(8420),
  HOLDFAST_PUBLIC_URL: httpOrigin.optional(),
  HOLDFAST_TRUST_PROXY: flag.default(false),
  HOLDFAST_STORE: storeUrl.optional(),
  HOLDFAST_SECRET: secret.optional(),
  HOLDFAST_LEASE_MS: leaseMs.default(600_000),
  HOLDFAST_AUDIT_DAYS: auditDays.default(400),
  HOLDFAST_RATE_LIMIT: rateLimit.default(100),
  HOLDFAST_LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'], 'must be trace, debug, info, warn, error or silent')
    .default('info'),
  HOLDFAST_LOG_FILES: countUpTo(1000).default(10),
  HOLDFAST_LOG_DAYS: countUpTo(3650).default(30),
  HOLDFAST_TLS_CERT: z.string().optional(),
  HOLDFAST_TLS_KEY: z.string().optional(),
  DATABASE_URL: databaseUrl.optional(),
} as const
export type SettingName = keyof typeof settings

/** Rules between settings. */
export const settingsSchema = z.object(settings).check((ctx) => {
  const { HOLDFAST_HOST: host, HOLDFAST_TRUST_PROXY: proxied, HOLDFAST_TLS_CERT: certificate, HOLDFAST_TLS_KEY: key } = ctx.value
  const isTls = certificate !== undefined || key !== undefined
  if ((certificate === undefined) !== (key === undefined)) {
    const missing = certificate === undefined ? 'HOLDFAST_TLS_CERT' : 'HOLDFAST_TLS_KEY'
    ctx.issues.push({
      code: 'custom',
      path: [missing],
      input: undefined,
      message: 'is missing: TLS takes a certificate and its key; set both or none',
    })
  }
  if (isTls && ctx.value.HOLDFAST_PUBLIC_URL?.startsWith('http:') === true) {
    const message = 'must begin with https:// where the hub speaks TLS itself (HOLDFAST_TLS_CERT)'
    ctx.issues.push({ code: 'custom', path: ['HOLDFAST_PUBLIC_URL'], input: ctx.value.HOLDFAST_PUBLIC_URL, message })
  }
  if (!isLoopback(host) && !proxied && !isTls) {
    ctx.issues.push({
      code: 'custom',
      path: ['HOLDFAST_HOST'],
      input: host,
      message:
        `${host} is not a loopback address, and plain HTTP is not served to a network: set HOLDFAST_TLS_CERT and HOLDFAST_TLS_KEY, ` +
        'keep 127.0.0.1 and put a TLS proxy in front, or set HOLDFAST_TRUST_PROXY=true where a TLS proxy on another machine reaches this address',
    })
  }
})

/** PEM files; read again while the hub runs. */
export interface TlsFiles {
  readonly certificateFile: string
  readonly keyFile: string
}

/** The hub's settings, checked and complete. Read once at start; nobody else reads the environment. */
export interface HubConfig {
  /** Folder of everything the hub keeps: `postgres/ store/ secret logs/ run/`. Absolute. */
  readonly dataDir: string
  readonly host: string
  /** 0 = any free port. */
  readonly port: number
  /** Origin under which people and agents reach the hub; null = what the hub listens on. */
  readonly publicUrl: string | null
  /** X-Forwarded-* headers are believed. */
  readonly trustProxy: boolean
  /** Null = embedded Postgres. */
  readonly databaseUrl: string | null
  /** `file:///…` */
  readonly storeUrl: string
  /** 32 bytes that seal vault keys; null = kept in `dataDir/secret`. */
  readonly secret: Uint8Array | null
  /** A run without progress for this long expires. */
  readonly leaseMs: number
  /** Older log files that are kept, and for how many days. */
  readonly logFiles: number
  readonly logDays: number
  /** The hub speaks TLS itself; null = plain HTTP. */
  readonly tls: TlsFiles | null
  /** Lines of the audit log are kept this long. */
  readonly auditDays: number
  /** API requests a second that one address may make for good; 0 = no limit. */
  readonly rateLimit: number
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent'
}
