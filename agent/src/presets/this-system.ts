import type { HostFacts } from '@holdfast/shared-types'

const systems: Readonly<Partial<Record<NodeJS.Platform, HostFacts['os']>>> = { win32: 'windows', darwin: 'macos' }

/** The system this agent runs on. By itself: the threads of runs ask for it, and are to load nothing more. */
export const thisSystem = (): HostFacts['os'] => systems[process.platform] ?? 'linux'
