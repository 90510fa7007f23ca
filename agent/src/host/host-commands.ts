import type { CommandHandlers } from '../hub-connection/command-gate.ts'
import type { LiveHost, LiveHostOptions } from './live-host.ts'

export interface HostDoor {
  readonly commands: Pick<CommandHandlers, 'host.list' | 'host.measure' | 'host.stop-measuring'>
  linkLost(): void
  close(): void
}

/** The commands of the live view, which is loaded with the first of them: most agents are never looked at, and stay small. */
export function openHostDoor(options: LiveHostOptions): HostDoor {
  let host: Promise<LiveHost> | null = null
  const awake = (): Promise<LiveHost> => (host ??= import('./live-host.ts').then((loaded) => new loaded.LiveHost(options)))
  return {
    commands: {
      'host.list': async (body) => (await awake()).list(body),
      'host.measure': async (body) => (await awake()).measure(body),
      'host.stop-measuring': async (body) => (await awake()).stopMeasuring(body),
    },
    linkLost: () => void host?.then((there) => there.linkLost()),
    close: () => void host?.then((there) => there.close()),
  }
}
