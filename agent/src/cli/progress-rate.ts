import type { RunProgressSample } from '@holdfast/shared-types'

/** Long enough to be calm, short enough to follow a change of the link. */
const windowMs = 5_000

/** Bytes a second over the last few seconds of a run, by the run's own clock. */
export class ProgressRate {
  #samples: { readonly elapsedMs: number; readonly bytes: number }[] = []

  /** @returns bytes a second, null until there is enough to say. */
  add(sample: Pick<RunProgressSample, 'elapsedMs' | 'bytesDone'>): number | null {
    const last = this.#samples.at(-1)
    if (last === undefined || sample.elapsedMs > last.elapsedMs)
      this.#samples.push({ elapsedMs: sample.elapsedMs, bytes: sample.bytesDone })
    // One older than the window stays, so that the window is always spanned.
    while (this.#samples.length > 2 && sample.elapsedMs - (this.#samples[1]?.elapsedMs ?? 0) > windowMs) this.#samples.shift()
    const [first] = this.#samples
    const newest = this.#samples.at(-1)
    if (first === undefined || newest === undefined || newest.elapsedMs - first.elapsedMs < 500) return null
    return ((newest.bytes - first.bytes) * 1000) / (newest.elapsedMs - first.elapsedMs)
  }
}
