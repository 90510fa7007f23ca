import type { PatternLine } from './pattern-text.ts'

/** What could decide about a name: nothing, patterns for names alone, or one that asks for the path as well. */
export const reaches = { none: 0, name: 1, path: 2 } as const
export type Reach = (typeof reaches)[keyof typeof reaches]

interface Affix {
  readonly start: string
  readonly end: string
  readonly reach: Reach
}

/**
 * Tells of nearly every name that no pattern can decide about it, without asking one.
 *
 * Whatever path a pattern matches, its last component is matched by the pattern's: so a name has to be that literal, or begin and end
 * as that wildcard does. May be wrong only by saying "perhaps". Some 40 ns a name, however many literals and extensions there are.
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
    for (const { start, end, reach: other } of this.#affixes)
      if (other > reach && name.startsWith(start) && name.endsWith(end)) reach = other
    return reach
  }

  #add({ body, isForNames }: PatternLine): void {
    const reach = isForNames ? reaches.name : reaches.path
    const last = body.slice(body.lastIndexOf('/') + 1)
    // A bracket may hold a slash, and a backslash may quote one: too rare to be told apart.
    if (/[[?]/.test(body) || (last.includes('\\') && last.includes('*'))) return this.#addAlways(reach)
    const parts = last.split(/\*+/)
    if (parts.length === 1) return put(this.#literals, last.replaceAll(/\\(.)/gs, '$1'), reach)
    const [start, end] = [parts[0]!, parts.at(-1)!]
    if (start === '' && end === '') return this.#addAlways(reach)
    if (start === '' && parts.length === 2 && end.lastIndexOf('.') === 0) return put(this.#extensions, end.slice(1), reach)
    this.#affixes.push({ start, end, reach })
  }

  #addAlways(reach: Reach): void {
    this.#always = further(this.#always, reach)
  }
}

const further = (left: Reach, right: Reach | undefined): Reach => (right === undefined || right < left ? left : right)
const put = (map: Map<string, Reach>, key: string, reach: Reach): void => void map.set(key, further(reach, map.get(key)))
