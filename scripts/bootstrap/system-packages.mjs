import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { runProcess } from './run-process.mjs'

/** Programs that tests run, and the Debian packages that bring them. */
const needed = [
  { name: 'chromium', paths: ['/usr/bin/chromium'] },
  { name: 'rsync', paths: ['rsync'] },
  // Kills a process at its n-th system call and lets calls fail, without the program's help.
  { name: 'strace', paths: ['strace'] },
]

/** @param {string} program a name to look up in PATH, or an absolute path */
function isThere(program) {
  if (program.startsWith('/')) return existsSync(program)
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)))
}

const missingPackages = () => needed.filter(({ paths }) => !paths.some(isThere)).map(({ name }) => name)

/**
 * Installs what the tests need from Debian where this is allowed; says what to install where it is not.
 * @param {{ signal?: AbortSignal | undefined, tell?: (line: string) => void }} [options]
 */
export async function installSystemPackages({ signal, tell = console.log } = {}) {
  const missing = missingPackages()
  if (missing.length === 0) return
  const command = `apt-get install -y --no-install-recommends ${missing.join(' ')}`
  if (process.getuid?.() !== 0 || !isThere('apt-get')) {
    tell(`The tests need ${missing.join(' and ')}, and will fail where they are missing. On Debian or Ubuntu: sudo ${command}`)
    return
  }
  tell(`Installing ${missing.join(' and ')} (Debian packages) …`)
  const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, ...(signal === undefined ? {} : { signal }) }
  await runProcess('apt-get', ['update', '-qq'], options)
  const { code, output } = await runProcess('apt-get', command.split(' ').slice(1), options)
  if (code !== 0) tell(`${output.trimEnd()}\n${missing.join(' and ')} could not be installed; tests that need them will fail.`)
}
