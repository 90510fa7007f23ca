import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AppError } from '@holdfast/shared-types'
import { z } from 'zod'

const wholeNumber = (most: number) =>
  z
    .string()
    .regex(/^\d{1,5}$/, `a whole number from 1 to ${most}`)
    .transform(Number)
    .refine((value) => value >= 1 && value <= most, `a whole number from 1 to ${most}`)

const memoryProfiles = ['normal', 'small'] as const
/** How much memory runs may take for speed: `small` for a machine that has little of it. */
export type MemoryProfile = (typeof memoryProfiles)[number]

const logLevels = ['debug', 'info', 'warn', 'error'] as const

/** The agent's settings, all from the environment; each may also lie in a file named by `<NAME>_FILE`. */
const Settings = z.object({
  HOLDFAST_AGENT_HOME: z.string().min(1).optional(),
  HOLDFAST_DATA: z.string().min(1).optional(),
  HOLDFAST_STORE: z.string().min(1).optional(),
  HOLDFAST_LOG_LEVEL: z.enum(logLevels, `one of ${logLevels.join(', ')}`).default('info'),
  HOLDFAST_LOG_FILES: wholeNumber(1000).default(10),
  HOLDFAST_LOG_DAYS: wholeNumber(3650).default(30),
  HOLDFAST_OTHERS_SNAPSHOTS: z.enum(['restore', 'refuse'], 'restore or refuse').default('restore'),
  HOLDFAST_REWRITTEN_SNAPSHOTS: z.enum(['accept', 'refuse'], 'accept or refuse').default('accept'),
  HOLDFAST_MEMORY: z.enum(memoryProfiles, `one of ${memoryProfiles.join(', ')}`).default('normal'),
  HOLDFAST_RECONNECT_MS: z
    .string()
    .regex(/^\d+$/, 'a whole number of milliseconds')
    .transform(Number)
    .refine((value) => value >= 100 && value <= 600_000, 'between 100 and 600000 milliseconds')
    .default(60_000),
})
type SettingName = keyof z.infer<typeof Settings>
const settingNames = Object.keys(Settings.shape) as SettingName[]

export interface AgentConfig {
  /** Absolute path of the state folder. */
  readonly home: string
  /**
   * Where a hub of this machine and user has its data, whether or not there is one: never backed up, for it changes while it is read, and
   * never restored into.
   */
  readonly hubDataFolder: string
  /** The same of its vaults where they are known to lie elsewhere. */
  readonly hubStoreFolder: string | null
  readonly logLevel: (typeof logLevels)[number]
  /** Older log files that are kept, and for how many days. */
  readonly logFiles: number
  readonly logDays: number
  /** Whether people may have snapshots of other devices restored here: the word of this machine's owner, which no hub can change. */
  readonly takesOthersSnapshots: boolean
  /** Whether snapshots are restored and checked here that the hub wrote anew, and signed in this device's stead: likewise. */
  readonly takesRewrittenSnapshots: boolean
  readonly memory: MemoryProfile
  /** The longest pause between two tries to reach the hub. */
  readonly longestReconnectMs: number
}

type Environment = Readonly<Record<string, string | undefined>>

/** @throws AppError `settings.invalid` naming every setting that cannot be used. */
export function loadConfig(env: Environment = process.env): AgentConfig {
  const problems: string[] = []
  const values: Partial<Record<SettingName, string>> = {}
  for (const name of settingNames) {
    const value = readSetting(name, env, problems)
    if (value !== undefined && value !== '') values[name] = value
  }
  const parsed = Settings.safeParse(values)
  if (!parsed.success) problems.push(...parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`))
  if (problems.length > 0 || !parsed.success) {
    throw new AppError('settings.invalid', {
      message: `The settings are not usable: ${problems.join('; ')}.`,
      cure: 'Correct the named environment variables.',
    })
  }
  const settings = parsed.data
  const hubDataFolder = resolve(settings.HOLDFAST_DATA ?? defaultHubDataFolder(env))
  // Beside a hub the agent is the one that `npm start` enrolled.
  const usualHome = settings.HOLDFAST_DATA === undefined ? defaultHome(env) : join(hubDataFolder, 'agent')
  return {
    home: resolve(settings.HOLDFAST_AGENT_HOME ?? usualHome),
    hubDataFolder,
    hubStoreFolder: folderOf(settings.HOLDFAST_STORE),
    logLevel: settings.HOLDFAST_LOG_LEVEL,
    logFiles: settings.HOLDFAST_LOG_FILES,
    logDays: settings.HOLDFAST_LOG_DAYS,
    takesOthersSnapshots: settings.HOLDFAST_OTHERS_SNAPSHOTS === 'restore',
    takesRewrittenSnapshots: settings.HOLDFAST_REWRITTEN_SNAPSHOTS === 'accept',
    memory: settings.HOLDFAST_MEMORY,
    longestReconnectMs: settings.HOLDFAST_RECONNECT_MS,
  }
}

/** Null for what is no folder of this machine. Whether the address is a good one is for the hub to say. */
function folderOf(storeUrl: string | undefined): string | null {
  if (storeUrl?.startsWith('file:') !== true) return null
  try {
    return fileURLToPath(storeUrl)
  } catch {
    return null
  }
}

function readSetting(name: SettingName, env: Environment, problems: string[]): string | undefined {
  const file = env[`${name}_FILE`]
  if (env[name] !== undefined || file === undefined) return env[name]
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    // The reason (missing, not readable) is the same to the person who has to mend it.
    problems.push(`${name}_FILE: the file it names cannot be read`)
    return undefined
  }
}

/** Where a service or a person keeps state on this system. */
function defaultHome(env: Environment): string {
  if (process.platform === 'win32') {
    const programData = env['ProgramData'] ?? env['LOCALAPPDATA']
    return programData === undefined ? join(homedir(), 'AppData', 'Local', 'Holdfast', 'agent') : join(programData, 'Holdfast', 'agent')
  }
  if (process.getuid?.() === 0) return '/var/lib/holdfast/agent'
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'holdfast', 'agent')
  const xdg = env['XDG_DATA_HOME']
  return join(xdg !== undefined && isAbsolute(xdg) ? xdg : join(homedir(), '.local', 'share'), 'holdfast', 'agent')
}

/** The hub's own rule (hub/src/config/load-config.ts), which this process cannot ask. */
function defaultHubDataFolder(env: Environment): string {
  if (process.getuid?.() === 0) return '/var/lib/holdfast'
  if (env['XDG_DATA_HOME']) return join(env['XDG_DATA_HOME'], 'holdfast')
  if (process.platform === 'win32') return join(env['LOCALAPPDATA'] || join(homedir(), 'AppData', 'Local'), 'Holdfast')
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Holdfast')
  return join(homedir(), '.local', 'share', 'holdfast')
}
