import { equalBytes } from '../../bytes/index.ts'
import { EngineError } from '../../errors/index.ts'
import { IncludeGlobs } from './include-globs.ts'
import { Selection } from './selection.ts'

const slash = 0x2f

/** What of the snapshot goes where. */
export interface Layout {
  readonly selection: Selection
  /** Components of the path whose contents become the contents of the target; empty keeps every absolute path below the target. */
  readonly base: readonly Uint8Array[]
}

interface LayoutOptions {
  readonly selected: readonly Uint8Array[]
  readonly roots: readonly Uint8Array[]
  readonly flat: boolean
  /** Patterns; empty = all. */
  readonly include: readonly string[]
  readonly withDeleted: boolean
}

/** @throws EngineError `restore.target-invalid` for a flat restore of anything but one root, `restore.pattern-invalid` for a bad pattern. */
export function layOut({ selected, roots, flat, include, withDeleted }: LayoutOptions): Layout {
  const paths = selected.map(componentsOf)
  const globs = include.length === 0 ? null : new IncludeGlobs(include)
  if (!flat) return { selection: new Selection(paths, globs, withDeleted), base: [] }
  const [base, ...others] = roots.map(componentsOf).filter((root) => paths.length === 0 || paths.some((path) => isWithin(path, root)))
  if (base === undefined || others.length > 0 || !paths.every((path) => isWithin(path, base))) {
    throw new EngineError(
      'restore.target-invalid',
      'Only the contents of one source can go straight into the target. Choose one source, or restore with whole paths.',
    )
  }
  return { selection: new Selection(paths.length === 0 ? [base] : paths, globs, withDeleted), base }
}

/** @throws EngineError `restore.target-invalid` for a path that is not absolute. */
function componentsOf(path: Uint8Array): Uint8Array[] {
  if (path[0] !== slash)
    throw new EngineError('restore.target-invalid', 'A path to restore is not absolute. Give it as the snapshot lists it.')
  const components: Uint8Array[] = []
  for (let start = 1; start <= path.length;) {
    const next = path.indexOf(slash, start)
    const end = next === -1 ? path.length : next
    if (end > start) components.push(path.subarray(start, end))
    start = end + 1
  }
  return components
}

const isWithin = (path: readonly Uint8Array[], root: readonly Uint8Array[]): boolean =>
  path.length >= root.length && root.every((component, index) => equalBytes(component, path[index]!))
