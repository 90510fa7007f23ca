/** What an entry of an object or array costs beyond its value: measured, Node 24, ≈ 16 bytes for a slot and a small number. */
const entryBytes = 16

/**
 * About how many bytes of memory a received message holds, high rather than low: two for each character, plus bytes and slots. Walks
 * without recursion, for a message may be as deep as it is long.
 */
export function weighMessage(message: unknown): number {
  let bytes = 0
  const open: unknown[] = [message]
  while (open.length > 0) {
    const value = open.pop()
    bytes += entryBytes
    if (typeof value === 'string') bytes += value.length * 2
    else if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) bytes += value.byteLength
    else if (typeof value === 'object' && value !== null) {
      for (const [name, held] of Object.entries(value)) {
        bytes += name.length * 2
        open.push(held)
      }
    }
  }
  return bytes
}
