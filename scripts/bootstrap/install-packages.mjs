import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { inRoot, root } from './root.mjs'
import { runProcess } from './run-process.mjs'
import { PlainProblem } from './run-script.mjs'

/**
 * Not `npm ci`: it refuses a lock file in which an optional package for another system is missing because the registry in use has none
 * (https://github.com/npm/cli/issues/9846). Without saving, `npm install` takes versions and hashes from the lock file just so and
 * leaves it alone. To be replaced by `npm ci` once that is mended.
 */
const installArguments = ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error']

const lockFile = inRoot('package-lock.json')
const installedMark = inRoot('node_modules', '.holdfast-lock')

/**
 * Installs the packages that package-lock.json names, unless they are there.
 * @param {{ signal?: AbortSignal | undefined, tell?: (line: string) => void }} [options]
 */
export async function installPackages({ signal, tell = console.log } = {}) {
  const wanted = createHash('sha256').update(readFileSync(lockFile)).digest('hex')
  if (readOrNull(installedMark) === wanted) return
  if (!holdsWhatTheLockNames()) {
    tell('Installing packages (once; this takes a minute or two) …')
    const { code, output } = await runProcess(npmCommand(), installArguments, {
      cwd: root,
      ...(signal === undefined ? {} : { signal }),
    })
    if (signal?.aborted) throw new PlainProblem('Stopped while packages were installed.', 130)
    if (code !== 0)
      throw new PlainProblem(
        `${output.trimEnd()}\n\nThe packages could not be installed (npm ended with ${code}).\nCheck the network and the free disk space, then run the same command again.`,
      )
  }
  writeFileSync(installedMark, wanted)
}

const npmCommand = () => (process.platform === 'win32' ? 'npm.cmd' : 'npm')

/** @param {string} path */
const readOrNull = (path) => (existsSync(path) ? readFileSync(path, 'utf8').trim() : null)

/**
 * True when an `npm install` or `npm ci` of somebody else left exactly what the lock file names. npm writes its own record
 * last, so an interrupted installation has none.
 */
function holdsWhatTheLockNames() {
  const recordFile = inRoot('node_modules', '.package-lock.json')
  if (!existsSync(recordFile)) return false
  const wanted = packagesOf(lockFile)
  const present = packagesOf(recordFile)
  return Object.entries(wanted)
    .filter(([path]) => path.includes('node_modules/'))
    .every(([path, { version, integrity, optional }]) => {
      const found = present[path]
      // Packages for other systems are named by the lock and never installed here.
      return found === undefined ? optional === true : found.version === version && found.integrity === integrity
    })
}

/**
 * @param {string} path
 * @returns {Record<string, { version?: string, integrity?: string, optional?: boolean }>}
 */
const packagesOf = (path) => JSON.parse(readFileSync(path, 'utf8')).packages
