import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { runProcess } from './run-process.mjs'
import { PlainProblem } from './run-script.mjs'

/**
 * Programs that a root script runs, and the Debian packages that bring them.
 * @typedef {object} SystemPackages
 * @property {string} whoNeeds begins a sentence: `The tests need`
 * @property {string} whenMissing ends one: what comes of it where they are missing
 * @property {boolean} isRequired whether the script must not begin without them
 * @property {readonly { readonly name: string, readonly paths: readonly string[] }[]} packages one of the paths is enough
 */

/** @type {SystemPackages} */
export const testPackages = {
  whoNeeds: 'The tests need',
  whenMissing: 'some tests will fail',
  isRequired: false,
  packages: [
    { name: 'chromium', paths: ['/usr/bin/chromium'] },
    { name: 'rsync', paths: ['rsync'] },
    // Unpack what the hub packs: two programs that have nothing in common.
    { name: 'unzip', paths: ['unzip'] },
    { name: 'libarchive-tools', paths: ['bsdtar'] },
    // Kills a process at its n-th system call and lets calls fail, without the program's help.
    { name: 'strace', paths: ['strace'] },
  ],
}

/**
 * The programs that Holdfast is compared with, and the one that compares trees.
 * @param {{ isRequired: boolean, hasPeers?: boolean }} options @returns {SystemPackages}
 */
export const benchPackages = ({ isRequired, hasPeers = true }) => ({
  whoNeeds: 'The bench needs',
  whenMissing: isRequired ? 'nothing is measured (--no-gate measures with what is there)' : 'it goes on with what is there',
  isRequired,
  packages: [
    ...(hasPeers
      ? [
          { name: 'restic', paths: ['restic'] },
          { name: 'borgbackup', paths: ['borg'] },
        ]
      : []),
    { name: 'rsync', paths: ['rsync'] },
  ],
})

/** @param {string} program a name to look up in PATH, or an absolute path */
function isThere(program) {
  if (program.startsWith('/')) return existsSync(program)
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)))
}

/** @param {SystemPackages} needed */
const missingPackages = ({ packages }) => packages.filter(({ paths }) => !paths.some(isThere)).map(({ name }) => name)

/**
 * Installs what is missing from Debian where this is allowed; says what to install where it is not.
 * @param {SystemPackages} needed @param {{ signal?: AbortSignal | undefined, tell?: (line: string) => void }} [options]
 * @throws {PlainProblem} where packages that are required could not be installed
 */
export async function installSystemPackages(needed, { signal, tell = console.log } = {}) {
  const missing = missingPackages(needed)
  if (missing.length === 0) return
  /** @param {string} problem */
  const giveUp = (problem) => {
    if (needed.isRequired) throw new PlainProblem(problem)
    tell(problem)
  }
  const names = new Intl.ListFormat('en').format(missing)
  const command = `apt-get install -y --no-install-recommends ${missing.join(' ')}`
  if (process.getuid?.() !== 0 || !isThere('apt-get'))
    return giveUp(`${needed.whoNeeds} ${names}; without them ${needed.whenMissing}. On Debian or Ubuntu: sudo ${command}`)
  tell(`Installing ${names} (Debian packages) …`)
  const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, ...(signal === undefined ? {} : { signal }) }
  await runProcess('apt-get', ['update', '-qq'], options)
  const { code, output } = await runProcess('apt-get', command.split(' ').slice(1), options)
  if (code !== 0) giveUp(`${output.trimEnd()}\n${names} could not be installed: ${needed.whenMissing}. By hand: ${command}`)
}
