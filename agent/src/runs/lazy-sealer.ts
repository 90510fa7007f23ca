import type { Pack, Sealer } from '@holdfast/engine/vault'

type MakeSealer = (onPack: (pack: Pack) => void) => Sealer

/** A sealer whose threads are started with the first work: a backup that finds nothing new starts none. */
export function lazySealer(make: MakeSealer): MakeSealer {
  return (onPack) => {
    let sealer: Sealer | null = null
    const started = (): Sealer => (sealer ??= make(onPack))
    return {
      identify: (content) => started().identify(content),
      seal: (bundles) => started().seal(bundles),
      flush: () => sealer?.flush() ?? Promise.resolve(),
      close: () => sealer?.close() ?? Promise.resolve(),
    }
  }
}
