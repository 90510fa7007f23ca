// A name longer than this is cut itself, so that the beginning of the path keeps some room.
const longestName = 48

/** A path in two: what may be cut off at its end, and the last name, which says most. */
export function splitPath(path: string): { readonly head: string; readonly tail: string } {
  const end = path.length - 1
  const at = Math.max(path.lastIndexOf('/', end - 1), path.lastIndexOf('\\', end - 1))
  const cut = Math.max(at, path.length - longestName, 0)
  return { head: path.slice(0, cut), tail: path.slice(cut) }
}
