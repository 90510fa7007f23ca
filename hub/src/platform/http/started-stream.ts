import { Readable } from 'node:stream'

/**
 * A byte stream of what `parts` yields, begun: the first part is there when this resolves. So what fails at once is an answer with a status,
 * and only what fails later has to break the connection off.
 *
 * @param highWaterMark bytes read ahead of a slow reader, besides one part.
 */
export async function startedStream(parts: AsyncGenerator<Uint8Array>, highWaterMark: number): Promise<Readable> {
  const first = await parts.next()
  const rest = async function* (): AsyncGenerator<Uint8Array> {
    try {
      if (first.done !== true) yield first.value
      yield* parts
    } finally {
      // Also when the reader leaves before the second part: `yield*` has not begun then.
      await parts.return(undefined)
    }
  }
  const stream = Readable.from(rest(), { objectMode: false, highWaterMark })
  // One that is destroyed before it was read, as HEAD does, never begins `rest`, and its `finally` is none then.
  stream.once('close', () => void parts.return(undefined).catch(() => undefined))
  return stream
}
