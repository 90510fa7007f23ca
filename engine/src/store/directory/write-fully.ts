// IOV_MAX of Linux and macOS is 1024.
const piecesPerCall = 1024

/** What is needed of a file handle. */
export interface VectorWriter {
  writev(pieces: readonly Uint8Array[], position: number): Promise<{ readonly bytesWritten: number }>
}

/** Writes all pieces back to back from `position` on: write(2) may take fewer bytes than it is given. */
export async function writeFully(handle: VectorWriter, pieces: readonly Uint8Array[], position: number): Promise<void> {
  let pending = pieces.filter((piece) => piece.length > 0)
  let at = position
  while (pending.length > 0) {
    const { bytesWritten } = await handle.writev(pending.slice(0, piecesPerCall), at)
    if (bytesWritten === 0) throw Object.assign(new Error('The file system took no bytes and told no error.'), { code: 'EIO' })
    at += bytesWritten
    pending = dropBytes(pending, bytesWritten)
  }
}

function dropBytes(pieces: readonly Uint8Array[], count: number): Uint8Array[] {
  let left = count
  let index = 0
  for (let piece = pieces[index]; piece !== undefined && left >= piece.length; piece = pieces[index]) {
    left -= piece.length
    index++
  }
  const rest = pieces.slice(index)
  if (left > 0 && rest[0] !== undefined) rest[0] = rest[0].subarray(left)
  return rest
}
