import { arch, availableParallelism, hostname, release, totalmem, type, version } from 'node:os'
import type { HostFacts } from '@holdfast/shared-types'

const systems: Readonly<Partial<Record<NodeJS.Platform, HostFacts['os']>>> = { win32: 'windows', darwin: 'macos' }

/** What this host says of itself; asked anew for every hello, since names and time zones change. */
export const hostFacts = (): HostFacts => ({
  hostname: hostname().slice(0, 255) || 'unnamed',
  os: systems[process.platform] ?? 'linux',
  osVersion: `${type()} ${release()} ${version()}`.slice(0, 200),
  arch: arch(),
  timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  cpuCount: availableParallelism(),
  memoryBytes: totalmem(),
})
