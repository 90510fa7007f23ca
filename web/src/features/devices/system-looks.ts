import type { Device } from '@holdfast/shared-types'

/** Names are names: the same in every language. */
const systemNames: { readonly [S in Device['host']['os']]: string } = { linux: 'Linux', windows: 'Windows', macos: 'macOS' }

/** Lucide has no marks of companies: what a machine is used as says as much. */
export const systemIcons: { readonly [S in Device['host']['os']]: string } = {
  linux: 'i-lucide-server',
  windows: 'i-lucide-monitor',
  macos: 'i-lucide-laptop',
}

/** `Ubuntu 24.04.3 LTS` where the host names its system, else the family's name before its bare version: `macOS 15.6`. */
export const systemText = ({ os, osVersion }: Pick<Device['host'], 'os' | 'osVersion'>): string =>
  /^\p{Letter}/u.test(osVersion) ? osVersion : `${systemNames[os]} ${osVersion}`.trim()

/** Devices whose name or host name holds the text, whatever its case. */
export function filterDevices(devices: readonly Device[], text: string): readonly Device[] {
  const wanted = text.trim().toLocaleLowerCase()
  if (wanted === '') return devices
  return devices.filter(({ name, host }) => `${name}\n${host.hostname}`.toLocaleLowerCase().includes(wanted))
}
