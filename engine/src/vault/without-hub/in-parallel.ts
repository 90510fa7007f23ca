/**
 * Does the work for each item, for some of them at once, in about their order. The first failure ends it: no item is begun after it, and it
 * is thrown when those under way have ended.
 */
export async function inParallel<T>(
  items: Iterable<T> | AsyncIterable<T>,
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]()
  const failures: unknown[] = []
  const workOn = async (): Promise<void> => {
    try {
      for (let next = await iterator.next(); next.done !== true && failures.length === 0; next = await iterator.next())
        await work(next.value)
    } catch (error) {
      failures.push(error)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, workOn))
  await iterator.return?.()
  if (failures.length > 0) throw failures[0]
}
