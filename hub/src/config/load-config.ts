import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { AppError } from '@holdfast/shared-types'
import { settings, settingsSchema, type HubConfig, type SettingName } from './config-schema.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** What the defaults depend on; given by tests, else this machine. */
export interface HostFactsForDefaults {
  readonly platform: NodeJS.Platform
  readonly isRoot: boolean
  readonly home: string
}

const thisHost = (): HostFactsForDefaults => ({ platform: process.platform, isRoot: process.getuid?.() === 0, home: homedir() })

/**
 * The hub's settings from the environment.
 *
 * @throws AppError `settings.invalid` that names every problem at once, each with its cure.
 */
export function loadConfig(env: Environment, host: HostFactsForDefaults = thisHost()): Readonly<HubConfig> {
  const problems: string[] = []
  const given: Partial<Record<SettingName, string>> = {}
  for (const name of Object.keys(settings) as SettingName[]) {
    const value = readSetting(env, name, problems)
    if (value !== undefined) given[name] = value
  }
  const parsed = settingsSchema.safeParse(given)
  if (!parsed.success) problems.push(...parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`))
  if (!parsed.success || problems.length > 0) throw settingsInvalid(problems)

  const found = parsed.data
  const dataDir = resolve(found.HOLDFAST_DATA ?? defaultDataDir(env, host))
  return Object.freeze({
    dataDir,
    host: found.HOLDFAST_HOST,
    port: found.HOLDFAST_PORT,
    publicUrl: found.HOLDFAST_PUBLIC_URL ?? null,
    trustProxy: found.HOLDFAST_TRUST_PROXY,
    databaseUrl: found.DATABASE_URL ?? null,
    storeUrl: found.HOLDFAST_STORE ?? pathToFileURL(join(dataDir, 'store')).href,
    secret: found.HOLDFAST_SECRET ?? null,
    leaseMs: found.HOLDFAST_LEASE_MS,
    auditDays: found.HOLDFAST_AUDIT_DAYS,
    rateLimit: found.HOLDFAST_RATE_LIMIT,
    logLevel: found.HOLDFAST_LOG_LEVEL,
    logFiles: found.HOLDFAST_LOG_FILES,
    logDays: found.HOLDFAST_LOG_DAYS,
    tls: tlsFilesOf(found.HOLDFAST_TLS_CERT, found.HOLDFAST_TLS_KEY),
  })
}

const namesFile: ReadonlySet<SettingName> = new Set<SettingName>(['HOLDFAST_TLS_CERT', 'HOLDFAST_TLS_KEY'])

const tlsFilesOf = (certificate: string | undefined, key: string | undefined): HubConfig['tls'] =>
  certificate === undefined || key === undefined ? null : { certificateFile: resolve(certificate), keyFile: resolve(key) }

/** An empty variable counts as absent: that is what compose files make of an unset one. */
function readSetting(env: Environment, name: SettingName, problems: string[]): string | undefined {
  const direct = env[name] || undefined
  const file = env[`${name}_FILE`] || undefined
  if (direct !== undefined && file !== undefined) {
    problems.push(`${name}: is also given as ${name}_FILE; unset one of the two`)
    return undefined
  }
  if (file === undefined) return direct
  // They are paths of files in any case, and are read again while the hub runs.
  if (namesFile.has(name)) return file
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (cause) {
    problems.push(
      `${name}_FILE: the file cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown'}); check the path and its rights`,
    )
    return undefined
  }
}

/** architecture §4.2: root keeps its data with the system's, everybody else with their own. */
function defaultDataDir(env: Environment, host: HostFactsForDefaults): string {
  if (host.isRoot) return '/var/lib/holdfast'
  if (env['XDG_DATA_HOME']) return join(env['XDG_DATA_HOME'], 'holdfast')
  if (host.platform === 'win32') return join(env['LOCALAPPDATA'] || join(host.home, 'AppData', 'Local'), 'Holdfast')
  if (host.platform === 'darwin') return join(host.home, 'Library', 'Application Support', 'Holdfast')
  return join(host.home, '.local', 'share', 'holdfast')
}

function settingsInvalid(problems: readonly string[]): AppError {
  const one = problems.length === 1
  return new AppError('settings.invalid', {
    message: one
      ? `A setting is not usable. ${problems[0]}`
      : `${problems.length} settings are not usable:\n${problems.map((line) => `  ${line}`).join('\n')}`,
    cure: one ? 'Correct it and start again.' : 'Correct them and start again.',
  })
}
