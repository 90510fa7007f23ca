import type { PatternLine } from './pattern-text.ts'

/** What could decide about a name: nothing, patterns for names alone, or one that asks for the path as well. */
export const reaches = { none: 0, name: 1, path: 2 } as const
export type Reach = (typeof reaches)[keyof typeof reaches]

interface Affix {
  readonly start: string
  /** The longest text that has to be somewhere in between. */
  readonly middle: string
  readonly end: string
  readonly reach: Reach
}

/**
 * Tells of nearly every name that no pattern can decide about it, without asking one.
 *
 * Whatever path a pattern matches, its last component is matched by the pattern's: so a name has to be that literal, or hold the texts
 * that stand between its wildcards. May be wrong only by saying "perhaps".
 */
export class NameSieve {
  readonly #literals = new Map<string, Reach>()
  /** By what follows the last dot: `*.log`. */
  readonly #extensions = new Map<string, Reach>()
  readonly #affixes: Affix[] = []
  /** Of patterns whose last component could be anything. */
  #always: Reach = reaches.none

  constructor(lines: readonly PatternLine[]) {
    for (const line of lines) this.#add(line)
  }

  reachOf(name: string): Reach {
    let reach = this.#always
    if (reach === reaches.path) return reach
    reach = further(reach, this.#literals.get(name))
    if (this.#extensions.size > 0) reach = further(reach, this.#extensions.get(name.slice(name.lastIndexOf('.') + 1)))
    for (const { start, middle, end, reach: other } of this.#affixes)
      if (other > reach && name.endsWith(end) && name.startsWith(start) && name.includes(middle)) reach = other
    return reach
  }

  #add({ body, isForNames }: PatternLine): void {
    const reach = isForNames ? reaches.name : reaches.path
    for (const name of looseNames(body)) this.#addName(name, reach)
  }

  #addName(name: string, reach: Reach): void {
    const parts = name.split(/\*+/)
    const [start, end] = [parts[0]!, parts.at(-1)!]
    if (parts.length === 1) return put(this.#literals, name, reach)
    if (parts.length === 2 && start === '' && end.lastIndexOf('.') === 0) return put(this.#extensions, end.slice(1), reach)
    const middle = parts.slice(1, -1).reduce((longest, part) => (part.length > longest.length ? part : longest), '')
    if (start === '' && middle === '' && end === '') this.#always = further(this.#always, reach)
    else this.#affixes.push({ start, middle, end, reach })
  }
}

/** More alternatives than this are not worth their names. */
const mostAlternatives = 16
const plainBracket = /\[([^\][\\/]+)\]/

/** Names that are at least all that a pattern means, with literals and `*` alone. */
function looseNames(body: string): string[] {
  // A bracket may hold a slash, a bracket, and a backslash, which may quote anything: rare, and not worth telling apart.
  if (body.replaceAll(new RegExp(plainBracket, 'g'), '').includes('[') || /\\.*[*?[]|[*?[].*\\/s.test(body)) return ['*']
  const last = body.slice(body.lastIndexOf('/') + 1)
  if (last.includes('\\')) return [last.replaceAll(/\\(.)/gs, '$1')]
  return withoutBrackets(last.replaceAll('?', '*'))
}

function withoutBrackets(name: string): string[] {
  const bracket = plainBracket.exec(name)
  if (bracket === null) return [name]
  const members = bracket[1]!
  const isList = /^[^!^][^-]*$/.test(members)
  const choices = isList && members.length <= mostAlternatives ? members.split('') : ['*']
  const [before, after] = [name.slice(0, bracket.index), name.slice(bracket.index + bracket[0].length)]
  const rests = withoutBrackets(after)
  if (choices.length * rests.length > mostAlternatives) return [`${before}*`]
  return choices.flatMap((choice) => rests.map((rest) => before + choice + rest))
}

const further = (left: Reach, right: Reach | undefined): Reach => (right === undefined || right < left ? left : right)
const put = (map: Map<string, Reach>, key: string, reach: Reach): void => void map.set(key, further(reach, map.get(key)))
