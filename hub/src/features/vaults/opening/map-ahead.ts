/**
 * Maps a stream in its order, with up to `ahead` items under way at once. What fails is thrown when its turn comes; those behind it are
 * left to end by themselves.
 */
export async function* mapAhead<T, R>(source: AsyncIterable<T>, ahead: number, map: (item: T) => Promise<R>): AsyncGenerator<R> {
  const underWay: Promise<R>[] = []
  for await (const item of source) {
    const mapped = map(item)
    // Nobody may wait for it any more when it fails.
    mapped.catch(() => undefined)
    underWay.push(mapped)
    if (underWay.length >= ahead) yield await underWay.shift()!
  }
  for (const mapped of underWay) yield await mapped
}
