import type { AgentId, Device, Plan } from '@holdfast/shared-types'
import { compareNames } from '../../platform/i18n/compare-names.ts'
import { isInUse, needsAttention } from './device-concerns.ts'
import { systemText } from './system-looks.ts'

export const deviceStates = ['all', 'online', 'offline', 'never', 'attention', 'revoked'] as const
export type DeviceState = (typeof deviceStates)[number]
export const deviceOrders = ['name', 'state', 'backup', 'proved'] as const
export type DeviceOrder = (typeof deviceOrders)[number]

/** What the list of devices shows, as it stands in the address. */
export interface DeviceFilter {
  readonly text: string
  readonly state: DeviceState
  /** In lower case; a device needs all of them. */
  readonly tags: readonly string[]
  readonly order: DeviceOrder
  readonly isDescending: boolean
}

type Query = Readonly<Record<string, unknown>>
const oneOf = <T extends string>(known: readonly T[], value: unknown, otherwise: T): T => known.find((each) => each === value) ?? otherwise
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Anything that is not understood is as if it was not there: addresses are typed, cut and shared. */
export function readDeviceFilter(query: Query): DeviceFilter {
  const sort = textOf(query['sort'])
  return {
    text: textOf(query['q']),
    state: oneOf(deviceStates, query['state'], 'all'),
    tags: [
      ...new Set(
        textOf(query['tags'])
          .split(',')
          .map(foldTag)
          .filter((tag) => tag !== ''),
      ),
    ],
    order: oneOf(deviceOrders, sort.replace(/^-/, ''), 'name'),
    isDescending: sort.startsWith('-'),
  }
}

/** Only what differs from the plain list: a short address is a readable one. */
export const writeDeviceFilter = ({ text, state, tags, order, isDescending }: DeviceFilter): Record<string, string> => ({
  ...(text.trim() === '' ? {} : { q: text }),
  ...(state === 'all' ? {} : { state }),
  ...(tags.length === 0 ? {} : { tags: tags.join(',') }),
  ...(order === 'name' && !isDescending ? {} : { sort: `${isDescending ? '-' : ''}${order}` }),
})

export const foldTag = (tag: string): string => tag.trim().toLowerCase()

/** What is asked of a device besides itself. */
export interface DeviceSurroundings {
  readonly plansOf: ReadonlyMap<AgentId, readonly Plan[]>
  readonly nowMs: number
}

function isInState(device: Device, state: DeviceState, { plansOf, nowMs }: DeviceSurroundings): boolean {
  if (state === 'all') return true
  if (state === 'revoked') return !isInUse(device)
  if (!isInUse(device)) return false
  if (state === 'online') return device.online
  if (state === 'offline') return !device.online
  if (state === 'never') return device.lastSnapshotAtMs === null
  return needsAttention(device, plansOf.get(device.id) ?? [], nowMs)
}

// A device is a new object whenever something of it changed, so its words never grow old here.
const words = new WeakMap<Device, string>()
function wordsOf(device: Device): string {
  const known = words.get(device)
  if (known !== undefined) return known
  const { name, host, tags, version } = device
  const made = [name, host.hostname, host.os, systemText(host), host.arch, version, ...tags].join('\n').toLocaleLowerCase()
  words.set(device, made)
  return made
}

/** Devices that hold every word of the text, anywhere, and every tag. */
function fits(device: Device, asked: readonly string[], tags: readonly string[]): boolean {
  if (tags.length > 0) {
    const own = new Set(device.tags.map(foldTag))
    if (!tags.every((tag) => own.has(tag))) return false
  }
  if (asked.length === 0) return true
  const text = wordsOf(device)
  return asked.every((word) => text.includes(word))
}

const byName = (a: Device, b: Device): number => compareNames(a.name, b.name)
/** Online, offline, never seen, revoked. */
const stateRank = (device: Device): number => (!isInUse(device) ? 3 : device.online ? 0 : device.lastSeenAtMs === null ? 2 : 1)

const orders: { readonly [O in DeviceOrder]: (a: Device, b: Device) => number } = {
  name: byName,
  state: (a, b) => stateRank(a) - stateRank(b) || (b.lastSeenAtMs ?? 0) - (a.lastSeenAtMs ?? 0),
  /** Whoever has none is the one to look at first. */
  backup: (a, b) => (a.lastSnapshotAtMs ?? 0) - (b.lastSnapshotAtMs ?? 0),
  proved: (a, b) => (a.lastProvedAtMs ?? 0) - (b.lastProvedAtMs ?? 0),
}

export interface FilteredDevices {
  readonly shown: readonly Device[]
  /** Of what text and tags leave, how many are in each state. */
  readonly counts: { readonly [S in DeviceState]: number }
}

export function filterDevices(devices: readonly Device[], filter: DeviceFilter, surroundings: DeviceSurroundings): FilteredDevices {
  const asked = filter.text
    .toLocaleLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  const left = devices.filter((device) => fits(device, asked, filter.tags))
  const inState = (state: DeviceState) => left.filter((device) => isInState(device, state, surroundings))
  const counts = Object.fromEntries(deviceStates.map((state) => [state, inState(state).length])) as FilteredDevices['counts']
  const turn = filter.isDescending ? -1 : 1
  const compare = orders[filter.order]
  return { shown: inState(filter.state).sort((a, b) => turn * compare(a, b) || byName(a, b)), counts }
}

export interface TagCount {
  /** As most recently written on the first device that has it. */
  readonly tag: string
  readonly count: number
}

/** Every tag in use once, whatever its case, by name. */
export function tagsOf(devices: readonly Pick<Device, 'tags'>[]): TagCount[] {
  const found = new Map<string, { tag: string; count: number }>()
  for (const { tags } of devices)
    for (const tag of tags) {
      const known = found.get(foldTag(tag))
      if (known === undefined) found.set(foldTag(tag), { tag, count: 1 })
      else known.count += 1
    }
  return [...found.values()].sort((a, b) => compareNames(a.tag, b.tag))
}
