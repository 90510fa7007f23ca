import type { Device, Plan, Vault } from '@holdfast/shared-types'
import { shallowRef, type ShallowRef } from 'vue'
import type { RouteLocationRaw } from 'vue-router'
import { callHub } from '../../platform/api/call-hub.ts'
import { pageLinks } from '../../platform/navigation/page-links.ts'

/** What can be gone to by its name. */
export interface PalettePlaces {
  readonly devices: readonly Device[]
  readonly plans: readonly Plan[]
  readonly vaults: readonly Vault[]
}

export interface PaletteEntry {
  readonly label: string
  /** Beside the label, and searched too. */
  readonly suffix?: string
  readonly icon: string
  readonly to: RouteLocationRaw
}

export const noPlaces: PalettePlaces = { devices: [], plans: [], vaults: [] }

const orNone = async <T>(asked: Promise<{ readonly items: readonly T[] }>): Promise<readonly T[]> => {
  try {
    return (await asked).items
  } catch {
    // A role may not see one of the lists, or the hub is away: the others are still worth finding.
    return []
  }
}

/** Everything that has a name, asked when the palette opens; each list comes in as it arrives. */
export function readPlaces(): Readonly<ShallowRef<PalettePlaces>> {
  const places = shallowRef(noPlaces)
  const take = async <K extends keyof PalettePlaces>(name: K, asked: Promise<PalettePlaces[K]>): Promise<void> => {
    const items = await asked
    places.value = { ...places.value, [name]: items }
  }
  void take('devices', orNone(callHub('listDevices')))
  void take('plans', orNone(callHub('listPlans')))
  void take('vaults', orNone(callHub('listVaults')))
  return places
}

export const deviceEntries = ({ devices }: PalettePlaces): PaletteEntry[] =>
  devices.map(({ id, name, host }) => ({
    label: name,
    ...(host.hostname === name ? {} : { suffix: host.hostname }),
    icon: 'i-lucide-server',
    to: pageLinks.device(id),
  }))

export const planEntries = ({ plans }: PalettePlaces): PaletteEntry[] =>
  plans.map(({ id, name, deviceName }) => ({ label: name, suffix: deviceName, icon: 'i-lucide-clipboard-list', to: pageLinks.plan(id) }))

export const vaultEntries = ({ vaults }: PalettePlaces): PaletteEntry[] =>
  vaults.map(({ id, name }) => ({ label: name, icon: 'i-lucide-vault', to: pageLinks.vault(id) }))

/** Plans that can run now. */
export const runnablePlans = ({ plans }: PalettePlaces): readonly Plan[] => plans.filter(({ problem }) => problem === null)
