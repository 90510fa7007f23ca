import { isEndState } from '@holdfast/shared-types'
import { beforeAll, describe, expect, test } from 'vitest'
import { firstWorld, stepsFrom, type Bounds, type World } from './run-life.ts'

const bounds: Bounds = { fences: 3, words: 2 }

interface Edge {
  readonly from: number
  readonly to: number
  readonly by: string
  readonly isFault: boolean
}

interface Visit {
  readonly world: World
  /** How it was come to first, for a person who has to understand it. */
  readonly first: Pick<Edge, 'from' | 'by'>
  readonly next: Edge[]
}

const visits: Visit[] = []

const hubKeyOf = ({ hub }: Pick<World, 'hub'>): string => `${hub.state} ${hub.fence} ${hub.committedUnder} ${hub.isCancelAsked}`

/** The same worlds have the same key: what is in the air has no order. */
const keyOf = ({ hand, owed, air, ...world }: World): string =>
  `${hubKeyOf(world)}|${hand === null ? '' : `${hand.fence} ${hand.phase} ${hand.stop}`}|${
    owed === null ? '' : `${owed.fence} ${owed.outcome}`
  }|${air
    .map((word) => `${word.to}${word.kind}${word.fence}${'outcome' in word ? word.outcome : ''}`)
    .toSorted()
    .join(',')}`

/** Breadth first, so that the way told of a fault is a short one. */
beforeAll(() => {
  const known = new Map([[keyOf(firstWorld), 0]])
  visits.push({ world: firstWorld, first: { from: -1, by: 'ordered' }, next: [] })
  for (let from = 0; from < visits.length; from += 1) {
    const { world, next } = visitOf(from)
    for (const step of stepsFrom(world, bounds)) {
      const key = keyOf(step.world)
      const to = known.get(key) ?? visits.length
      if (to === visits.length) {
        known.set(key, to)
        visits.push({ world: step.world, first: { from, by: step.name }, next: [] })
      }
      next.push({ from, to, by: step.name, isFault: step.isFault })
    }
  }
})

const visitOf = (place: number): Visit => visits[place] as Visit
const worldAt = (place: number): World => visitOf(place).world
const edgesWhere = (isWanted: (edge: Edge) => boolean): Edge[] => visits.flatMap(({ next }) => next.filter(isWanted))
const placesWhere = (isWanted: (world: World) => boolean): number[] =>
  visits.flatMap(({ world }, place) => (isWanted(world) ? [place] : []))
/** It happens by itself, sooner or later. */
const isCertain = ({ isFault }: Edge): boolean => !isFault
const hasEnded = ({ hub }: World): boolean => isEndState(hub.state)
const isGood = ({ hub }: World): boolean => hub.state === 'succeeded' || hub.state === 'warning'

function wayTo(place: number): string {
  const words: string[] = []
  for (let at = place; at >= 0; at = visitOf(at).first.from) words.unshift(visitOf(at).first.by)
  return `${words.join(' → ')}: ${keyOf(worldAt(place))}`
}
/** The first few, told by the way to them. */
const told = (places: readonly number[]): string[] => places.slice(0, 3).map(wayTo)
const toldEdges = (wrong: readonly Edge[]): string[] => wrong.slice(0, 3).map(({ from, by }) => `${wayTo(from)} → ${by}`)

/** Places from which no way of such steps leads to such a world. */
function placesWithoutWayTo(isThere: (world: World) => boolean, isAllowed: (edge: Edge) => boolean): number[] {
  const before = new Map<number, number[]>()
  for (const { from, to } of edgesWhere(isAllowed)) {
    const known = before.get(to)
    if (known === undefined) before.set(to, [from])
    else known.push(from)
  }
  const leading = new Set(placesWhere(isThere))
  for (const place of leading) for (const earlier of before.get(place) ?? []) leading.add(earlier)
  return visits.flatMap((_, place) => (leading.has(place) ? [] : [place]))
}

describe('every world that hub, agent and a bad channel can come to', () => {
  test('is one of very many', () => {
    expect(visits.length).toBeGreaterThan(20_000)
    for (const state of ['succeeded', 'failed', 'cancelled', 'expired'])
      expect(visits.some(({ world }) => world.hub.state === state)).toBe(true)
  })

  test('has one end for ever: nothing that comes later changes it', () => {
    expect(toldEdges(edgesWhere(({ from, to }) => hasEnded(worldAt(from)) && worldAt(from).hub.state !== worldAt(to).hub.state))).toEqual(
      [],
    )
  })

  test('has a snapshot exactly where the end is a good one', () => {
    expect(told(placesWhere((world) => hasEnded(world) && isGood(world) !== (world.hub.committedUnder !== null)))).toEqual([])
  })

  test('commits under the fence that counts and under no other, and never after the end', () => {
    const commits = edgesWhere(({ from, to }) => worldAt(from).hub.committedUnder !== worldAt(to).hub.committedUnder)
    expect(commits.length).toBeGreaterThan(100)
    const wrong = commits.filter(({ from, to, by }) => {
      const { hub } = worldAt(from)
      return (
        !by.startsWith(`commit ${hub.fence} `) ||
        hub.committedUnder !== null ||
        worldAt(to).hub.committedUnder !== hub.fence ||
        hasEnded(worldAt(from))
      )
    })
    expect(toldEdges(wrong)).toEqual([])
  })

  test('takes a report that comes again as it took it once', () => {
    const again = edgesWhere(({ by }) => /^(accepted|declined|progress|commit|finished) .* again$/.test(by))
    expect(again.length).toBeGreaterThan(100)
    const wrong = again.filter(({ to, by }) => {
      const twice = visitOf(to).next.find((edge) => edge.by === by)
      return twice !== undefined && hubKeyOf(worldAt(twice.to)) !== hubKeyOf(worldAt(to))
    })
    expect(toldEdges(wrong)).toEqual([])
  })

  test('leads to an end, unless somebody wishes, crashes or loses something', () => {
    expect(told(placesWithoutWayTo(hasEnded, isCertain))).toEqual([])
  })

  test('leads to an end or back into the queue by the hub\u2019s clock alone, if the device is never heard of again', () => {
    const byClock = ({ by }: Edge): boolean => ['lease over', 'cancel unconfirmed', 'unanswered'].includes(by)
    expect(told(placesWithoutWayTo((world) => hasEnded(world) || world.hub.state === 'queued', byClock))).toEqual([])
  })

  test('leads to a device that holds nothing and owes nothing, once the run has ended', () => {
    expect(told(placesWithoutWayTo((world) => hasEnded(world) && world.hand === null && world.owed === null, isCertain))).toEqual([])
  })
})
