/** A link that is slow takes a part of 64 KiB in this time at 110 bytes a second; one that takes none has forgotten its download. */
export const forgottenAfterMs = 10 * 60_000

/** What the parts of an answer come to, as their reader goes on with them or not. */
export interface Reading {
  /** They are read to their end, broke, or are read no further. Called once. */
  readonly onOver: () => void
  /** No part was taken for a long time. What packing takes does not count. */
  readonly onForgotten: () => void
}

/** The same parts, with an eye on who reads them. */
export async function* watchReading(
  parts: AsyncGenerator<Uint8Array>,
  { onOver, onForgotten }: Reading,
  patienceMs = forgottenAfterMs,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const part of parts) {
      const timer = setTimeout(onForgotten, patienceMs).unref()
      try {
        yield part
      } finally {
        clearTimeout(timer)
      }
    }
  } finally {
    onOver()
  }
}
