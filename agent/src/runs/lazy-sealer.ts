import type { Pack, Sealer } from '@holdfast/engine/vault'

type MakeSealer = (onPack: (pack: Pack) => void) => Sealer

/** A sealer whose threads are started with the first bundle: a backup that finds nothing new starts none. */
export function lazySealer(make: MakeSealer): MakeSealer {
  return (onPack) => {
    let sealer: Sealer | null = null
    return {
      seal(bundle) {
        sealer ??= make(onPack)
        return sealer.seal(bundle)
      },
      flush: () => sealer?.flush() ?? Promise.resolve(),
      close: () => sealer?.close() ?? Promise.resolve(),
    }
  }
}
