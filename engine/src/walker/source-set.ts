import { lstatSync } from 'node:fs'
import { joinComponents, resolveParents, splitAbsolutePath } from './absolute-path.ts'

/** A folder on the way to a source, or a source itself, which is a leaf. */
export interface SourceNode {
  /** Raw bytes; empty for `/`. */
  readonly name: Buffer
  readonly isSource: boolean
  /** In ascending order of their names. Empty for a source. */
  readonly children: readonly SourceNode[]
}

export interface SourceSet {
  /** The node of `/`. */
  readonly top: SourceNode
  /** Absolute paths of the sources after merging, ascending. What a snapshot names as its roots. */
  readonly paths: readonly Buffer[]
  /** Sources that lie in another one and do not exist: the walk of the other cannot tell that they were asked for. */
  readonly absent: readonly Buffer[]
  /** Sources that lie in another one and exist: part of it, unless a rule leaves them out of it. */
  readonly inner: readonly Buffer[]
}

interface GrowingNode {
  readonly name: Buffer
  isSource: boolean
  readonly children: Map<string, GrowingNode>
}

/**
 * Joins several sources into one tree from `/`.
 *
 * A source inside another one is part of it. Symlinks in the parents of a source are resolved first, the last component never:
 * a source is known by its one real path, else `/var/run/x` and `/run/x` would be two things, and a source below a symlink
 * that lies in another source would be lost. What does not exist stays in the set, so that the walk reports it.
 *
 * @param sources absolute raw paths.
 * @throws EngineError `source.unsupported` for a path that is relative or contains `..` or a zero byte.
 */
export function joinSources(sources: readonly Uint8Array[]): SourceSet {
  const top: GrowingNode = newNode(Buffer.alloc(0))
  const real = sources.map((source) => resolveParents(splitAbsolutePath(source)))
  for (const components of real) {
    let node = top
    for (const name of components) {
      const key = name.toString('latin1')
      const child = node.children.get(key) ?? newNode(name)
      node.children.set(key, child)
      node = child
    }
    node.isSource = true
  }
  const covered = real.filter((components) => isCovered(top, components))
  const absent = covered.filter((components) => !exists(components)).map(joinComponents)
  const inner = covered.filter(exists).map(joinComponents)
  const frozen = freeze(top)
  return { top: frozen, paths: [...sourcePaths(frozen, [])], absent, inner }
}

const newNode = (name: Buffer): GrowingNode => ({ name, isSource: false, children: new Map() })

function isCovered(top: GrowingNode, components: readonly Buffer[]): boolean {
  let node: GrowingNode | undefined = top
  for (const name of components) {
    if (node === undefined || node.isSource) return true
    node = node.children.get(name.toString('latin1'))
  }
  return false
}

function exists(components: readonly Buffer[]): boolean {
  try {
    lstatSync(joinComponents(components))
    return true
  } catch (error) {
    // Anything but a clear "no" is found again, and reported, by the walk of the source around it.
    return !['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')
  }
}

function freeze(node: GrowingNode): SourceNode {
  const children = node.isSource ? [] : [...node.children.values()].sort((left, right) => Buffer.compare(left.name, right.name)).map(freeze)
  return { name: node.name, isSource: node.isSource, children }
}

function* sourcePaths(node: SourceNode, above: readonly Buffer[]): Generator<Buffer> {
  if (node.isSource) yield joinComponents(above)
  for (const child of node.children) yield* sourcePaths(child, [...above, child.name])
}
