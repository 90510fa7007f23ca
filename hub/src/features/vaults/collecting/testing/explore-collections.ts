import type { CollectionRules, CopyRules } from '../collection-rules.ts'
import { brokenIn, firstWorld, nameOf, stepsFrom } from './collection-model.ts'
import type { Step } from './model-step.ts'
import { copySteps, firstCopyWorld, nameOfCopyWorld } from './copy-model.ts'

interface Model<World> {
  readonly first: World
  readonly stepsFrom: (world: World) => readonly Step<World>[]
  /** Two worlds are the same if their names are. */
  readonly nameOf: (world: World) => string
  /** What must hold at every moment, and does not. */
  readonly brokenIn: (world: World) => string | null
}

export interface Explored {
  readonly worlds: number
  /** The shortest way to what must never happen, and what that was; null where there is none. */
  readonly failure: readonly string[] | null
}

export const explore = (rules: CollectionRules): Explored =>
  exploreModel({ first: firstWorld(), stepsFrom: (world) => stepsFrom(world, rules), nameOf, brokenIn })

export const exploreCopies = (rules: CopyRules): Explored =>
  exploreModel({ first: firstCopyWorld(), stepsFrom: (world) => copySteps(world, rules), nameOf: nameOfCopyWorld, brokenIn: () => null })

/**
 * Tries every order of events, the shortest ways first, until something breaks or there is no other. Worlds are kept only until all that may follow them is
 * known: of the larger model there are four millions, and their names alone take 2 GB.
 */
function exploreModel<World>({ first, stepsFrom: steps, nameOf: name, brokenIn: broken }: Model<World>): Explored {
  const known = new Set([name(first)])
  const ways: { readonly from: number; readonly name: string }[] = [{ from: -1, name: '' }]
  const wayTo = (index: number): string[] => (index <= 0 ? [] : [...wayTo(ways[index]!.from), ways[index]!.name])
  let open: [World, number][] = [[first, 0]]
  while (open.length > 0) {
    const next: typeof open = []
    for (const [before, from] of open)
      for (const step of steps(before)) {
        const failure = step.broken ?? broken(step.world)
        if (failure !== null) return { worlds: known.size, failure: [...wayTo(from), step.name, failure] }
        const worldName = name(step.world)
        if (known.has(worldName)) continue
        known.add(worldName)
        next.push([step.world, ways.push({ from, name: step.name }) - 1])
      }
    open = next
  }
  return { worlds: known.size, failure: null }
}
