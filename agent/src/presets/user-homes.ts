import { readdirSync, readFileSync, realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { HostFacts } from '@holdfast/shared-types'

/** Below it each folder is somebody's home: also of those who are known only to a directory service. */
export const folderOfHomes: Readonly<Record<HostFacts['os'], string>> = { linux: '/home', macos: '/Users', windows: 'C:\\Users' }

/** Homes of the people of this machine, and of whom the agent runs as; absolute, also by their real paths where those differ. */
export function userHomes(system: HostFacts['os']): string[] {
  const homes = [homedir(), ...(system === 'macos' ? homesOfMac() : homesInPasswd(passwd()))]
  return [...new Set(homes.flatMap((home) => [home, realPathOf(home)]))]
}

/** System accounts have homes too, but nobody lives there: below 1000 only root does; 65534 is nobody. */
export function homesInPasswd(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.split(':'))
    .filter(([, , uid, , , home]) => isPerson(uid) && home?.startsWith('/') === true && home !== '/')
    .map(([, , , , , home]) => home ?? '')
}

const isPerson = (uid: string | undefined): boolean =>
  uid !== undefined && /^\d+$/.test(uid) && (Number(uid) === 0 || (Number(uid) >= 1000 && Number(uid) !== 65_534))

function passwd(): string {
  try {
    return readFileSync('/etc/passwd', 'utf8')
  } catch {
    // A bare container, or another system: the agent's own home and the folder of homes remain.
    return ''
  }
}

function homesOfMac(): string[] {
  try {
    return readdirSync(folderOfHomes.macos, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name !== 'Shared' && !entry.name.startsWith('.'))
      .map((entry) => join(folderOfHomes.macos, entry.name))
  } catch {
    // Out of reach: what cannot be listed here is told by the backup itself.
    return []
  }
}

function realPathOf(path: string): string {
  try {
    return realpathSync.native(path)
  } catch {
    // Not there, or not mounted now: it is known as it was written.
    return path
  }
}
