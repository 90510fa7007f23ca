import { execFile } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { measureCommand, noServants, type Command } from './measure-command.ts'
import { bytesBelow, type Tool } from './tool.ts'
import { steps, type Step } from './figures.ts'

const run = promisify(execFile)

export interface FoundPeers {
  readonly tools: readonly Tool[]
  /** What to install, in words. */
  readonly missing: readonly string[]
}

export interface WantedPeers {
  /** A second restic, such as a newer one. */
  readonly otherRestic: string | null
  /** Also borg's first backup with its default compression. */
  readonly borgLz4: boolean
}

/** The peers that are installed here. */
export async function findPeers({ otherRestic, borgLz4 }: WantedPeers): Promise<FoundPeers> {
  const wanted = [
    { file: 'restic', name: 'restic', debian: 'restic', make: makeRestic },
    ...(otherRestic === null ? [] : [{ file: otherRestic, name: 'restic (other)', debian: null, make: makeRestic }]),
    { file: 'borg', name: 'borg', debian: 'borgbackup', make: borgWith('zstd,1', steps) },
    ...(borgLz4 ? [{ file: 'borg', name: 'borg lz4', debian: 'borgbackup', make: borgWith('lz4', ['first']) }] : []),
    { file: 'rsync', name: 'rsync', debian: 'rsync', make: makeRsync },
  ]
  const tools: Tool[] = []
  const missing: string[] = []
  for (const { file, name, debian, make } of wanted) {
    const version = await versionOf(file)
    if (version !== null) tools.push(make(name, file, version))
    else missing.push(debian === null ? `${file} does not run` : `${name} is not installed (Debian, Ubuntu: apt-get install ${debian})`)
  }
  return { tools: [...tools, copyTool], missing }
}

async function versionOf(file: string): Promise<string | null> {
  // Each of them answers one of the two, and prints its name and version first.
  for (const argument of ['version', '--version']) {
    try {
      const { stdout } = await run(file, [argument])
      const [, version] = /\b(\d+\.\d+(?:\.\d+)?)\b/.exec(stdout) ?? []
      if (version !== undefined) return version
    } catch {
      // Not there, or it knows the other word.
    }
  }
  return null
}

function makeRestic(name: string, file: string, version: string): Tool {
  return {
    name,
    version,
    steps,
    async begin(folder, signal) {
      const store = join(folder, 'store')
      const env = { RESTIC_PASSWORD: 'bench', RESTIC_CACHE_DIR: join(folder, 'cache') }
      const command = (...args: string[]): Command => ({ file, args: ['-q', '-r', store, ...args], env })
      await run(file, ['-q', '-r', store, 'init', '--repository-version', '2'], { env: { ...process.env, ...env }, signal })
      return {
        backUp: (source, stop) => measureCommand(name, command('backup', '--compression', 'auto', source), noServants, stop),
        restore: (_source, target, stop) => measureCommand(name, command('restore', 'latest', '--target', target), noServants, stop),
        restoredPath: (source, target) => join(target, source),
        storedBytes: () => bytesBelow(store),
        check: async (stop) => void (await measureCommand(name, command('check', '--read-data'), noServants, stop)),
        end: () => Promise.resolve(),
      }
    },
  }
}

const borgWith =
  (compression: string, borgSteps: readonly Step[]) =>
  (name: string, file: string, version: string): Tool => ({
    name,
    version,
    steps: borgSteps,
    async begin(folder, signal) {
      const store = join(folder, 'store')
      const env = { BORG_PASSPHRASE: 'bench', BORG_BASE_DIR: join(folder, 'base'), BORG_RELOCATED_REPO_ACCESS_IS_OK: 'yes' }
      mkdirSync(env.BORG_BASE_DIR)
      await run(file, ['init', '-e', 'repokey-blake2', store], { env: { ...process.env, ...env }, signal })
      let archives = 0
      return {
        backUp: (source, stop) => {
          archives += 1
          const args = ['create', '--compression', compression, `${store}::${archives}`, source]
          return measureCommand(name, { file, args, env }, noServants, stop)
        },
        restore: (_source, target, stop) =>
          measureCommand(name, { file, args: ['extract', `${store}::${archives}`], env, cwd: target }, noServants, stop),
        restoredPath: (source, target) => join(target, source),
        storedBytes: () => bytesBelow(store),
        check: async (stop) => void (await measureCommand(name, { file, args: ['check', '--verify-data', store], env }, noServants, stop)),
        end: () => Promise.resolve(),
      }
    },
  })

/** The floor of a rescan: it looks at every file on both sides, and keeps no history. */
function makeRsync(name: string, file: string, version: string): Tool {
  return {
    name,
    version,
    steps: ['first', 'unchanged', 'changed'],
    begin: (folder) =>
      Promise.resolve({
        backUp: (source, stop) =>
          measureCommand(name, { file, args: ['-a', '--delete', `${source}/`, join(folder, 'mirror')], env: {} }, noServants, stop),
        restore: () => Promise.reject(new Error('rsync keeps no snapshots')),
        restoredPath: () => join(folder, 'mirror'),
        storedBytes: () => null,
        check: () => Promise.resolve(),
        end: () => Promise.resolve(),
      }),
  }
}

/** The floor of a restore: as many files and bytes are written, and nothing is kept beside them. */
export const copyTool: Tool = {
  name: 'cp -a',
  version: 'of this system',
  steps: ['first'],
  begin: (folder) =>
    Promise.resolve({
      backUp: (source, stop) =>
        measureCommand('cp -a', { file: 'cp', args: ['-a', source, join(folder, 'copy')], env: {} }, noServants, stop),
      restore: () => Promise.reject(new Error('cp keeps no snapshots')),
      restoredPath: () => join(folder, 'copy'),
      storedBytes: () => null,
      check: () => Promise.resolve(),
      end: () => Promise.resolve(),
    }),
}
