import type { Device } from '@holdfast/shared-types'

/** Names are names: the same in every language. */
const systemNames: { readonly [S in Device['host']['os']]: string } = { linux: 'Linux', windows: 'Windows', macos: 'macOS' }

/** Lucide has no marks of companies: what a machine is used as says as much. */
export const systemIcons: { readonly [S in Device['host']['os']]: string } = {
  linux: 'i-lucide-server',
  windows: 'i-lucide-monitor',
  macos: 'i-lucide-laptop',
}

/** What Node says of each system, without how its kernel was built: `Linux 6.1.0-28-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.119-1`. */
const saidByNode = [
  { pattern: /^Linux (\S+) #.*$/u, shown: 'Linux $1' },
  { pattern: /^Windows_NT (\S+) (Windows .+)$/u, shown: '$2 ($1)' },
  { pattern: /^Darwin (\S+) Darwin Kernel .*$/u, shown: 'macOS (Darwin $1)' },
] as const

/** `Ubuntu 24.04.3 LTS` where the host names its system, else the family's name before its bare version: `macOS 15.6`. */
export function systemText({ os, osVersion }: Pick<Device['host'], 'os' | 'osVersion'>): string {
  const known = saidByNode.find(({ pattern }) => pattern.test(osVersion))
  if (known !== undefined) return osVersion.replace(known.pattern, known.shown)
  return /^\p{Letter}/u.test(osVersion) ? osVersion : `${systemNames[os]} ${osVersion}`.trim()
}
