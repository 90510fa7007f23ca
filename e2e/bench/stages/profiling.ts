import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readCpuProfile, type CpuProfile } from './cpu-profile.ts'

const preload = join(dirname(fileURLToPath(import.meta.url)), 'announce-thread.ts')

/** What one thread of Node did, from its start to its end. */
export interface ThreadProfile {
  readonly process: number
  /** The system's number of the thread. */
  readonly systemThread: number
  /** One, or two: a starter that gives its process to the program leaves one of its own. */
  readonly profiles: readonly CpuProfile[]
}

/** The environment in which a process and its threads are profiled, into a folder that is made. They are written when it ends by itself. */
export function profilingEnv(folder: string): Readonly<Record<string, string>> {
  mkdirSync(folder)
  const options = ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--import=${preload}`].map(quoted)
  return {
    HOLDFAST_BENCH_PROFILES: folder,
    NODE_OPTIONS: [process.env['NODE_OPTIONS'] ?? '', ...options].join(' ').trim(),
  }
}

/** As NODE_OPTIONS wants what may have spaces in it. */
const quoted = (option: string): string => `"${option.replaceAll(/["\\]/g, (sign) => `\\${sign}`)}"`

interface Announced {
  readonly process: number
  readonly threadId: number
  readonly systemThread: number
}

/** @throws Error where a process has written nothing: it was killed, or it is not what runs there */
export function readProfiles(folder: string): ThreadProfile[] {
  const names = readdirSync(folder)
  const announced = names
    .filter((name) => name.startsWith('thread.'))
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Announced)
  const profiles = announced.map(({ process, threadId, systemThread }): ThreadProfile => {
    // CPU.<day>.<time>.<process>.<thread of Node>.<number>.cpuprofile
    const written = names.filter((name) => new RegExp(`^CPU\\.\\d+\\.\\d+\\.${process}\\.${threadId}\\.\\d+\\.cpuprofile$`).test(name))
    if (written.length === 0) throw new Error(`Thread ${threadId} of a process that was to be profiled has left no profile.`)
    return { process, systemThread, profiles: written.map((name) => readCpuProfile(join(folder, name))) }
  })
  if (profiles.length === 0) throw new Error('A process that was to be profiled has left no profile.')
  return profiles
}
