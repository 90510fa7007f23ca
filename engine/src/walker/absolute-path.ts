import { realpathSync } from 'node:fs'
import { EngineError } from '../errors/index.ts'

const slash = 0x2f
const dot = 0x2e
const separator = Buffer.from('/')

/**
 * Components of an absolute raw path; empty for `/`.
 * @throws EngineError `source.unsupported` for a path that is relative or contains `..` or a zero byte.
 */
export function splitAbsolutePath(path: Uint8Array): Buffer[] {
  if (path[0] !== slash || path.includes(0))
    throw new EngineError('source.unsupported', 'A path is not absolute. Give it from the root of the file system.')
  const components = split(Buffer.from(path)).filter((component) => component.length !== 1 || component[0] !== dot)
  if (components.some((component) => component.length === 2 && component[0] === dot && component[1] === dot)) {
    throw new EngineError(
      'source.unsupported',
      'A path contains "..", which means another folder whenever a symlink changes. Give its plain path.',
    )
  }
  return components
}

export function joinComponents(components: readonly Uint8Array[]): Buffer {
  return components.length === 0 ? Buffer.from(separator) : Buffer.concat(components.flatMap((component) => [separator, component]))
}

/**
 * Resolves symlinks in the parents, never in the last component, so that every thing has one path.
 * The longest part of the parents that exists is resolved, the rest stays as it was written.
 */
export function resolveParents(components: readonly Buffer[]): Buffer[] {
  for (let count = components.length - 1; count > 0; count--) {
    try {
      const parent = realpathSync.native(joinComponents(components.slice(0, count)), { encoding: 'buffer' })
      return [...split(parent), ...components.slice(count)]
    } catch {
      // Missing or out of reach: try one level higher; the walk reports what is wrong with it.
    }
  }
  return [...components]
}

function split(path: Buffer): Buffer[] {
  const components: Buffer[] = []
  for (let start = 0; start < path.length;) {
    const next = path.indexOf(slash, start)
    const end = next === -1 ? path.length : next
    if (end > start) components.push(path.subarray(start, end))
    start = end + 1
  }
  return components
}
