import type { Discretion } from '../discretion/discretion.ts'
import type { CommandHandlers } from '../hub-connection/command-gate.ts'
import type { LiveHost, LiveHostOptions } from './live-host.ts'

export interface HostDoor {
  readonly commands: Pick<CommandHandlers, 'host.list' | 'host.measure' | 'host.stop-measuring'>
  linkLost(): void
  close(): void
}

interface HostDoorOptions extends LiveHostOptions {
  readonly discretion: Pick<Discretion, 'requireManaged'>
}

/** The commands of the live view, which is loaded with the first of them: most agents are never looked at, and stay small. */
export function openHostDoor({ discretion, ...options }: HostDoorOptions): HostDoor {
  let host: Promise<LiveHost> | null = null
  const awake = (): Promise<LiveHost> =>
    (host ??= import('./live-host.ts').then(
      (loaded) => new loaded.LiveHost(options),
      (error: unknown) => {
        // Out of files, or exchanged by an update: the next look tries again.
        host = null
        throw error
      },
    ))
  const tell = (word: (there: LiveHost) => void): void => {
    // Whoever asked for it was told that it could not be loaded.
    host?.then(word, () => undefined)
  }
  return {
    commands: {
      'host.list': async (body) => {
        // Nobody hears it: then nobody looks either.
        discretion.requireManaged()
        return (await awake()).list(body)
      },
      'host.measure': async (body) => (await awake()).measure(body),
      'host.stop-measuring': async (body) => (await awake()).stopMeasuring(body),
    },
    linkLost: () => tell((there) => there.linkLost()),
    close: () => tell((there) => there.close()),
  }
}
