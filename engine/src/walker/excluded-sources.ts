import { EngineError } from '../errors/index.ts'
import { readMetadata } from '../source/index.ts'
import { joinComponents, splitAbsolutePath } from './absolute-path.ts'
import { patternText, SourceScope, type Exclusions } from './exclusion/index.ts'
import type { SourceSet } from './source-set.ts'

/**
 * Sources that were asked for by name and yet would be missing, because they lie in another source whose rules leave them out: the
 * person has to know. What a cache or another file system keeps from them is not looked for.
 */
export function excludedSources({ paths, inner }: SourceSet, exclusions: Exclusions | null): Buffer[] {
  if (exclusions === null) return []
  return inner.filter((path) => {
    const components = splitAbsolutePath(path)
    const outer = paths.map(splitAbsolutePath).find((source) => source.every((name, index) => components[index]?.equals(name) === true))
    if (outer === undefined) return false
    const scope = SourceScope.of({ ...exclusions, otherFileSystems: false }, outer, () => 0n)
    return scope !== null && isLeftOut(scope, outer, components)
  })
}

function isLeftOut(scope: SourceScope, outer: readonly Buffer[], components: readonly Buffer[]): boolean {
  let within = ''
  for (let index = outer.length; index < components.length; index++) {
    const verdict = scope.verdictOf(within, components[index]!)
    const isFolder = verdict === 'keep' || index < components.length - 1 || isFolderAt(components)
    if (verdict === 'exclude' || verdict === (isFolder ? 'exclude-folder' : 'exclude-other')) return true
    within += `${patternText(components[index]!)}/`
  }
  return false
}

function isFolderAt(components: readonly Buffer[]): boolean {
  try {
    return readMetadata(joinComponents(components)).type === 'folder'
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    // Gone or out of reach: the walk tells, if it comes by.
    return false
  }
}
