import { ExclusionRules } from './exclusion-rules.ts'

/**
 * What an absolute pattern (`/proc`, `/home/ada/.cache/`, with wildcards as in gitignore) leaves out of one source, as patterns from that source on.
 *
 * None where the source lies elsewhere. None either where the pattern means the source itself, a folder above it, or all that is in
 * it: a source was asked for by name, and that says more than a general rule.
 *
 * @param pattern begins with a slash. One character a byte, as all texts here.
 * @param source components of the source's path.
 */
export function patternsInSource(pattern: string, source: readonly string[]): string[] {
  const ofFolders = pattern.endsWith('/') ? '/' : ''
  const components = pattern.split('/').filter((component) => component !== '')
  const found = new Set<string>()
  for (const rest of restsOf(components, source)) {
    const isEverything = source.length > 0 && rest.every((component) => /^\*+$/.test(component))
    if (!isEverything) found.add(`/${rest.join('/')}${ofFolders}`)
  }
  return [...found]
}

function* restsOf(pattern: readonly string[], source: readonly string[]): Generator<readonly string[]> {
  const [first, ...others] = pattern
  if (first === undefined) return
  const [folder, ...below] = source
  if (folder === undefined) return yield pattern
  if (first === '**') {
    yield* restsOf(others, source)
    yield* restsOf(pattern, below)
  } else if (matchesName(first, folder)) yield* restsOf(others, below)
}

const matchesName = (component: string, name: string): boolean =>
  ExclusionRules.of([Buffer.from(`/${component}`, 'latin1')])?.verdictOf('', name) === 'exclude'
