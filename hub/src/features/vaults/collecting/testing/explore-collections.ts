import type { CollectionRules } from '../collection-rules.ts'
import { brokenIn, firstWorld, nameOf, stepsFrom, type World } from './collection-model.ts'

export interface Explored {
  readonly worlds: number
  /** The shortest way to what must never happen, and what that was; null where there is none. */
  readonly failure: readonly string[] | null
}

/**
 * Tries every order of events, the shortest ways first, until something breaks or there is no other. Worlds are kept only until all that may follow them is
 * known: there are four millions, and their names alone take 2 GB.
 */
export function explore(rules: CollectionRules): Explored {
  const known = new Set([nameOf(firstWorld())])
  const ways: { readonly from: number; readonly name: string }[] = [{ from: -1, name: '' }]
  const wayTo = (index: number): string[] => (index <= 0 ? [] : [...wayTo(ways[index]!.from), ways[index]!.name])
  let open: [World, number][] = [[firstWorld(), 0]]
  while (open.length > 0) {
    const next: typeof open = []
    for (const [before, from] of open)
      for (const { world, name, broken = brokenIn(world) } of stepsFrom(before, rules)) {
        if (broken !== null) return { worlds: known.size, failure: [...wayTo(from), name, broken] }
        const worldName = nameOf(world)
        if (known.has(worldName)) continue
        known.add(worldName)
        next.push([world, ways.push({ from, name }) - 1])
      }
    open = next
  }
  return { worlds: known.size, failure: null }
}
