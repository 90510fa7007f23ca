/** A socket takes 64 KiB at once as readily as one byte. */
const gatheredBytes = 64 * 1024

/** Small parts joined, large ones as they are. */
export async function* gatherParts(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = []
  let heldBytes = 0
  for await (const part of parts) {
    held.push(part)
    heldBytes += part.length
    if (heldBytes < gatheredBytes) continue
    yield held.length === 1 ? part : Buffer.concat(held)
    held = []
    heldBytes = 0
  }
  if (heldBytes > 0) yield Buffer.concat(held)
}
