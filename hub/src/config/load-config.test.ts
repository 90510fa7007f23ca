import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AppError } from '@holdfast/shared-types'
import { afterAll, describe, expect, test } from 'vitest'
import { loadConfig } from './load-config.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-config-'))
afterAll(() => rmSync(folder, { recursive: true }))
const linux = { platform: 'linux', isRoot: false, home: '/home/ada' } as const
const secret = Buffer.alloc(32, 7).toString('base64url')

const problemsOf = (env: Record<string, string>): string => {
  try {
    loadConfig(env, linux)
  } catch (error) {
    if (error instanceof AppError && error.code === 'settings.invalid') return error.message
    throw error
  }
  return ''
}

describe('settings', () => {
  test('have defaults that serve this machine only', () => {
    expect(loadConfig({}, linux)).toEqual({
      dataDir: '/home/ada/.local/share/holdfast',
      host: '127.0.0.1',
      port: 8420,
      publicUrl: null,
      trustProxy: false,
      databaseUrl: null,
      storeUrl: 'file:///home/ada/.local/share/holdfast/store',
      secret: null,
      leaseMs: 600_000,
      auditDays: 400,
      rateLimit: 100,
      logLevel: 'info',
      logFiles: 10,
      logDays: 30,
      tls: null,
    })
  })

  test.each([
    ['root', { ...linux, isRoot: true }, {}, '/var/lib/holdfast'],
    ['a home with XDG_DATA_HOME', linux, { XDG_DATA_HOME: '/data/ada' }, '/data/ada/holdfast'],
    ['macOS', { ...linux, platform: 'darwin' as const, home: '/Users/ada' }, {}, '/Users/ada/Library/Application Support/Holdfast'],
    ['a relative HOLDFAST_DATA', linux, { HOLDFAST_DATA: 'here' }, join(process.cwd(), 'here')],
  ])('keep the data of %s in its place', (_, host, env, dataDir) => {
    expect(loadConfig(env, host).dataDir).toBe(dataDir)
  })

  test('are read as they are meant', () => {
    const env = {
      HOLDFAST_PORT: '9000',
      HOLDFAST_PUBLIC_URL: 'https://backup.example.org/',
      HOLDFAST_SECRET: secret,
      DATABASE_URL: 'postgresql://u:p@db:5432/h',
      HOLDFAST_STORE: 'file:///srv/store',
      HOLDFAST_LEASE_MS: '2000',
    }
    expect(loadConfig(env, linux)).toMatchObject({
      port: 9000,
      publicUrl: 'https://backup.example.org',
      secret: new Uint8Array(32).fill(7),
      databaseUrl: env.DATABASE_URL,
      storeUrl: 'file:///srv/store',
      leaseMs: 2000,
    })
  })

  test('come from files too, which is how secrets reach a container', () => {
    writeFileSync(join(folder, 'secret'), `${secret}\n`)
    expect(loadConfig({ HOLDFAST_SECRET_FILE: join(folder, 'secret'), HOLDFAST_PORT: '' }, linux)).toMatchObject({
      secret: new Uint8Array(32).fill(7),
      port: 8420,
    })
  })
})

describe('settings that are not usable', () => {
  test('are told all at once, each with its cure', () => {
    const text = problemsOf({
      HOLDFAST_PORT: '99999',
      HOLDFAST_PUBLIC_URL: 'backup.example.org/x',
      HOLDFAST_SECRET: 'short',
      HOLDFAST_STORE: 's3://bucket',
      DATABASE_URL: 'mysql://x',
      HOLDFAST_TRUST_PROXY: 'yes',
      HOLDFAST_LOG_LEVEL: 'loud',
      HOLDFAST_LEASE_MS: '1',
      HOLDFAST_AUDIT_DAYS: '0',
      HOLDFAST_RATE_LIMIT: 'none',
    })
    for (const name of [
      'HOLDFAST_PORT',
      'HOLDFAST_PUBLIC_URL',
      'HOLDFAST_SECRET',
      'HOLDFAST_STORE',
      'DATABASE_URL',
      'HOLDFAST_TRUST_PROXY',
      'HOLDFAST_LOG_LEVEL',
      'HOLDFAST_LEASE_MS',
      'HOLDFAST_AUDIT_DAYS',
      'HOLDFAST_RATE_LIMIT',
    ]) {
      expect(text).toMatch(new RegExp(`^  ${name}: \\w.*`, 'm'))
    }
    expect(text).toMatch(/^10 settings/)
    expect(text).not.toContain('short')
  })

  test.each(['0.0.0.0', '192.168.1.5', '::', 'backup.local'])('plain HTTP on %s is refused unless a proxy is trusted', (host) => {
    expect(problemsOf({ HOLDFAST_HOST: host })).toMatch(/not a loopback address.*TLS proxy/)
    expect(loadConfig({ HOLDFAST_HOST: host, HOLDFAST_TRUST_PROXY: 'true' }, linux).host).toBe(host)
  })

  test.each(['127.0.0.1', '127.8.8.8', '::1', '[::1]', 'localhost'])('%s is this machine', (host) => {
    expect(problemsOf({ HOLDFAST_HOST: host })).toBe('')
  })

  test('given twice, or in a file that is not there, are named', () => {
    expect(problemsOf({ HOLDFAST_SECRET: secret, HOLDFAST_SECRET_FILE: '/x' })).toContain(
      'HOLDFAST_SECRET: is also given as HOLDFAST_SECRET_FILE',
    )
    expect(problemsOf({ DATABASE_URL_FILE: '/nowhere/at-all' })).toContain('DATABASE_URL_FILE: the file cannot be read (ENOENT)')
  })
})
