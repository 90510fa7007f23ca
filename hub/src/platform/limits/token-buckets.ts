/** A bucket holds up to `burst` requests and is filled with `perSecond`; each request takes one. */
export interface BucketSize {
  readonly burst: number
  readonly perSecond: number
}

export interface TokenBuckets {
  /** Takes one from the bucket of `key`. @returns milliseconds until there is one again; 0 = taken */
  take(key: string, size: BucketSize): number
  readonly count: number
}

interface Bucket {
  left: number
  atMs: number
  readonly size: BucketSize
}

/** About 100 bytes each: 5 MB at most. A full bucket says nothing and may be forgotten; under attack the longest unused go first. */
const defaultMaxBuckets = 50_000

/** Buckets in memory. @param now milliseconds that never go back */
export function createTokenBuckets(now: () => number, maxBuckets = defaultMaxBuckets): TokenBuckets {
  const buckets = new Map<string, Bucket>()
  return {
    take(key, size) {
      const at = now()
      const known = buckets.get(key)
      const left = known === undefined ? size.burst : Math.min(size.burst, known.left + ((at - known.atMs) / 1000) * size.perSecond)
      const isTaken = left >= 1
      // Taken out first: the map stays in the order of the last use.
      buckets.delete(key)
      buckets.set(key, { left: isTaken ? left - 1 : left, atMs: at, size })
      if (buckets.size > maxBuckets) forgetOldest(buckets)
      return isTaken ? 0 : Math.ceil(((1 - left) / size.perSecond) * 1000)
    },
    get count() {
      return buckets.size
    },
  }
}

function forgetOldest(buckets: Map<string, Bucket>): void {
  const oldest = buckets.keys().next()
  if (!oldest.done) buckets.delete(oldest.value)
}
