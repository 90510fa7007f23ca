import { seededRandom } from '../../stack/seeded-random.ts'

/** What may happen to a run. */
export const faultNames = [
  'kill agent',
  'kill hub',
  'kill postgres',
  'cut briefly',
  'cut past the lease',
  'half-open briefly',
  'half-open past the lease',
  'delay',
  'double',
  'shuffle',
  'agent clock',
  'hub clock',
  'agent sleeps',
  'full disk',
  'cancel',
  'second order',
] as const
export type FaultName = (typeof faultNames)[number]

export interface PlannedFault {
  readonly name: FaultName
  /** After the run was ordered. */
  readonly atMs: number
  /** 0 ≤ x < 1: how long, which way, how far; each fault reads it its own way. */
  readonly chance: number
}

export type RoundKind = 'backup' | 'restore' | 'verify'

export interface RoundPlan {
  readonly round: number
  readonly kind: RoundKind
  readonly faults: readonly PlannedFault[]
}

/** A run of a small tree takes about a second: some faults come before it, most while it is under way, some when it has ended. */
const latestMs = 1_500

const kindOf = (round: number): RoundKind => (round % 4 !== 0 ? 'backup' : round % 8 === 0 ? 'restore' : 'verify')

/** The same seed and round give the same plan, whatever was played before. */
export function planRound(seed: number, round: number, possible: readonly FaultName[]): RoundPlan {
  const random = seededRandom(seed + Math.imul(round, 0x9e3779b1))
  const left = [...possible]
  const faults = Array.from({ length: 1 + random.below(3) }, () => {
    const [name = 'cancel'] = left.splice(random.below(left.length), 1)
    return { name, atMs: random.below(latestMs), chance: random.next() }
  })
  return { round, kind: kindOf(round), faults: faults.toSorted((a, b) => a.atMs - b.atMs) }
}

export const describePlan = ({ round, kind, faults }: RoundPlan): string =>
  `round ${round}: ${kind}; ${faults.map(({ name, atMs, chance }) => `${name} at ${atMs} ms (${chance.toFixed(2)})`).join(', ')}`
