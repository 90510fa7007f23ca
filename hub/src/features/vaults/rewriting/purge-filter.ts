import { AppError, type PurgeSelection, type WirePath } from '@holdfast/shared-types'
import type { SnapshotBody } from '@holdfast/engine/format'
import { PathFilter, type EntryFilter } from '@holdfast/engine/rewriter'

type Named = Pick<PurgeSelection, 'paths' | 'patterns'>

const [slash, backslash] = [0x2f, 0x5c]

/** The rule of a purge for one snapshot: its paths, and patterns that speak of each of its sources as their top. */
export function purgeFilter({ paths, patterns }: Named, { system, roots }: Pick<SnapshotBody, 'system' | 'roots'>): EntryFilter {
  const filter = new PathFilter(
    { paths: paths.map((path) => componentsOf(bytesOf(path), system)), patterns: patterns.map((pattern) => Buffer.from(pattern)) },
    roots.map((root) => componentsOf(root, system)),
  )
  return filter.verdictOf
}

export const keepsAll: EntryFilter = () => 'keep'

/** @throws AppError `request.invalid` for what is no absolute path, and for the top of a file system: whoever wants that deletes snapshots */
export function requirePaths({ paths }: Named): void {
  for (const path of paths) {
    const components = componentsOf(bytesOf(path), 'windows')
    const isAbsolute = /^(?:\/|[A-Za-z]:[\\/]|\\\\)/.test(path.path)
    if (isAbsolute && components.length > 0 && !components.some(isDots)) continue
    throw new AppError('request.invalid', { message: `${path.path} is no absolute path of a file or folder.` })
  }
}

const bytesOf = ({ path, pathBase64 }: WirePath): Uint8Array =>
  pathBase64 === undefined ? Buffer.from(path) : Buffer.from(pathBase64, 'base64')

/** Doubled and trailing separators mean nothing. */
function componentsOf(path: Uint8Array, system: SnapshotBody['system']): Uint8Array[] {
  const components: Uint8Array[] = []
  for (let start = 0, at = 0; at <= path.length; at++) {
    const isEnd = at === path.length || path[at] === slash || (system === 'windows' && path[at] === backslash)
    if (!isEnd) continue
    if (at > start) components.push(path.subarray(start, at))
    start = at + 1
  }
  return components
}

const isDots = (component: Uint8Array): boolean => component.length <= 2 && component.every((byte) => byte === 0x2e)

/** How a path reads on the host it came from. */
export function pathOf(components: readonly Uint8Array[], system: SnapshotBody['system']): Uint8Array {
  const separator = Uint8Array.of(system === 'windows' ? backslash : slash)
  return Buffer.concat(
    components.flatMap((component, index) => (index === 0 && system === 'windows' ? [component] : [separator, component])),
  )
}
