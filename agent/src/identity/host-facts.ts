import { readlinkSync } from 'node:fs'
import { arch, availableParallelism, hostname, release, totalmem, type, version } from 'node:os'
import type { HostFacts } from '@holdfast/shared-types'

const systems: Readonly<Partial<Record<NodeJS.Platform, HostFacts['os']>>> = { win32: 'windows', darwin: 'macos' }

/** What this host says of itself; asked anew for every hello, since names and time zones change. */
export const hostFacts = (): HostFacts => ({
  hostname: hostname().slice(0, 255) || 'unnamed',
  os: systems[process.platform] ?? 'linux',
  osVersion: `${type()} ${release()} ${version()}`.slice(0, 200),
  arch: arch(),
  timeZone: timeZone(),
  cpuCount: availableParallelism(),
  memoryBytes: totalmem(),
})

/** The IANA name. Asking Intl first would load its data into an idle agent: 7 MB, measured 2026-11-21 with Node 24.21. */
function timeZone(): string {
  try {
    const [, name] = /zoneinfo\/(?:posix\/|right\/)?([A-Za-z0-9_+/-]{1,80})$/.exec(readlinkSync('/etc/localtime')) ?? []
    if (name !== undefined) return name
  } catch {
    // Not a symlink (a copied file, another system): Intl knows by other ways.
  }
  return Intl.DateTimeFormat().resolvedOptions().timeZone
}
