import type { CopyRules } from '../collection-rules.ts'
import type { Step } from './model-step.ts'

/*
 * One segment that lies in up to three packs, each of them with nothing else: where it was born, and two copies that collections made. A snapshot names it, and one backup builds on that. Disks
 * damage packs and bring them back, the hub starts anew and meets packs in any order, and collections condemn, wait and remove.
 */

interface Copy {
  state: 'none' | 'whole' | 'lost' | 'gone'
  isCondemned: boolean
}
interface Snapshot {
  /** `leaving`: condemned with a collection. */
  state: 'none' | 'kept' | 'deleted' | 'leaving' | 'gone'
  /** So it was when it was looked through. */
  isWhole: boolean
}
export interface CopyWorld {
  readonly copies: Copy[]
  /** As packs were met, the last one first. */
  order: number[]
  readonly snapshots: Snapshot[]
  session: { state: 'idle' | 'open' | 'ended'; epoch: number }
  collection: { isWaiting: boolean; epoch: number; isNeeded: boolean }
  epoch: number
  hasNewLosses: boolean
  /** A loss was noted while a step of a collection was at work: until that, or the next one, has looked, a refusal is safe. */
  isUnsettled: boolean
  /** Something else wrote what is condemned. */
  isOdd: boolean
  left: { collections: number; starts: number; losses: number; returns: number }
}

export function firstCopyWorld(): CopyWorld {
  const none: Copy = { state: 'none', isCondemned: false }
  return {
    copies: [{ state: 'whole', isCondemned: false }, { ...none }, { ...none }],
    order: [0],
    snapshots: [
      { state: 'kept', isWhole: true },
      { state: 'none', isWhole: true },
    ],
    session: { state: 'idle', epoch: 0 },
    collection: { isWaiting: false, epoch: 0, isNeeded: false },
    epoch: 0,
    hasNewLosses: false,
    isUnsettled: false,
    isOdd: false,
    left: { collections: 2, starts: 1, losses: 2, returns: 1 },
  }
}

const states = ['none', 'whole', 'lost', 'gone', 'kept', 'deleted', 'leaving', 'idle', 'open', 'ended']

/** Two worlds are the same if their names are. */
export function nameOfCopyWorld({ copies, order, snapshots, session, collection, left, ...rest }: CopyWorld): string {
  const numbers = [...order, 9, states.indexOf(session.state), session.epoch, Number(collection.isWaiting), collection.epoch]
  numbers.push(Number(collection.isNeeded), rest.epoch, Number(rest.hasNewLosses), Number(rest.isUnsettled), Number(rest.isOdd))
  for (const { state, isCondemned } of copies) numbers.push(states.indexOf(state), Number(isCondemned))
  for (const { state, isWhole } of snapshots) numbers.push(states.indexOf(state), Number(isWhole))
  numbers.push(left.collections, left.starts, left.losses, left.returns)
  return String.fromCharCode(...numbers)
}

const copyOf = (world: CopyWorld): CopyWorld => ({
  ...world,
  copies: world.copies.map((copy) => ({ ...copy })),
  order: [...world.order],
  snapshots: world.snapshots.map((snapshot) => ({ ...snapshot })),
  session: { ...world.session },
  collection: { ...world.collection },
  left: { ...world.left },
})

type Take = (name: string, change: (next: CopyWorld) => string | void) => void

/** Everything that may happen next. */
export function copySteps(world: CopyWorld, rules: CopyRules): Step<CopyWorld>[] {
  const steps: Step<CopyWorld>[] = []
  const step: Take = (name, change) => {
    const next = copyOf(world)
    const broken = change(next)
    if (next.session.state === 'ended') next.session.epoch = 0
    steps.push({ name, world: next, ...(broken === undefined ? {} : { broken }) })
  }
  diskSteps(world, rules, step)
  backupSteps(world, rules, step)
  collectionSteps(world, rules, step)
  if (world.left.starts > 0)
    for (const order of ordersOf(world.order))
      step(`the hub starts anew and meets packs as ${order.join('')}`, (next) => {
        next.left.starts--
        Object.assign(next, { order, hasNewLosses: next.copies.some(({ state }) => state === 'lost'), isUnsettled: false })
        next.collection = { isWaiting: false, epoch: 0, isNeeded: false }
        rescueLost(next, rules)
      })
  if (!world.isOdd)
    for (const index of world.order)
      step(`an older version leaves copy ${index} condemned`, (next) => {
        next.isOdd = true
        next.copies[index]!.isCondemned = true
      })
  return steps
}

const ordersOf = (order: readonly number[]): number[][] =>
  order.length <= 1
    ? [[...order]]
    : order.flatMap((first) => ordersOf(order.filter((one) => one !== first)).map((rest) => [first, ...rest]))

/** Where it is read, or null where it is whole nowhere. */
function placeIn({ copies, order }: CopyWorld, rules: CopyRules): number | null {
  const whole = order.filter((index) => copies[index]!.state === 'whole')
  return whole[rules.chooseWhole(whole.map((index) => copies[index]!))] ?? null
}

/** Of what is lost where it counted, a whole copy counts again. */
function rescueLost(next: CopyWorld, rules: CopyRules): void {
  const place = placeIn(next, rules)
  const wasInCharge = next.copies.some(({ state, isCondemned }) => state === 'lost' && !isCondemned)
  if (rules.rescuesCopies && wasInCharge && place !== null) next.copies[place]!.isCondemned = false
}

function diskSteps(world: CopyWorld, rules: CopyRules, step: Take): void {
  const place = placeIn(world, rules)
  const fresh = world.copies.findIndex(({ state }) => state === 'none')
  if (fresh !== -1 && place !== null && !world.copies[place]!.isCondemned)
    step(`a collection moves it to copy ${fresh}`, (next) => {
      next.copies[fresh] = { state: 'whole', isCondemned: false }
      next.order.unshift(fresh)
    })
  for (const index of world.order) {
    const { state } = world.copies[index]!
    if (state === 'whole' && world.left.losses > 0)
      for (const who of ['a scrub', 'a reader'] as const)
        step(`${who} finds copy ${index} damaged`, (next) => {
          next.left.losses--
          next.copies[index]!.state = 'lost'
          next.hasNewLosses = true
          // A reader may be one of a collection's own.
          if (who === 'a reader') next.isUnsettled = true
          else rescueLost(next, rules)
        })
    if (state === 'lost' && world.left.returns > 0)
      step(`copy ${index} is whole again`, (next) => {
        next.left.returns--
        next.copies[index]!.state = 'whole'
        rescueLost(next, rules)
      })
  }
}

function backupSteps(world: CopyWorld, rules: CopyRules, step: Take): void {
  const [first, second] = world.snapshots as [Snapshot, Snapshot]
  if (first.state === 'kept') step('the snapshot is deleted', (next) => void (next.snapshots[0]!.state = 'deleted'))
  if (first.state === 'deleted') step('the snapshot is brought back', (next) => void (next.snapshots[0]!.state = 'kept'))
  if (second.state === 'kept') step('the second snapshot is deleted', (next) => void (next.snapshots[1]!.state = 'deleted'))
  const { session } = world
  if (session.state === 'idle' && first.state === 'kept' && placeIn(world, rules) !== null)
    step('a backup opens on the snapshot', (next) => void (next.session = { state: 'open', epoch: next.epoch }))
  if (session.state !== 'open') return
  step('the backup expires', (next) => void (next.session.state = 'ended'))
  step('the backup commits', (next) => {
    next.session.state = 'ended'
    const place = placeIn(next, rules)
    if (place === null) return
    const isToldOf = session.epoch < next.epoch
    const { isCondemned } = next.copies[place]!
    if (isCondemned && !isToldOf) return next.isUnsettled || next.isOdd ? undefined : 'An honest backup was refused.'
    next.copies[place]!.isCondemned = false
    next.snapshots[1] = { state: 'kept', isWhole: true }
  })
}

const isStanding = ({ state }: Snapshot): boolean => state === 'kept' || state === 'deleted'

function collectionSteps(world: CopyWorld, rules: CopyRules, step: Take): void {
  const { collection, session } = world
  if (!collection.isWaiting && world.left.collections > 0)
    step('a collection condemns', (next) => {
      next.left.collections--
      lookWhoseItIs(next, rules)
      const place = placeIn(next, rules)
      // What is lost of one that is whole was sent again.
      const isNeeded = next.snapshots.some(({ state, isWhole }) => state === 'kept' && !(isWhole && place === null))
      next.epoch++
      for (const snapshot of next.snapshots) if (snapshot.state === 'deleted') snapshot.state = 'leaving'
      settle(next, rules, isNeeded, true)
      next.collection = { isWaiting: true, epoch: next.epoch, isNeeded }
    })
  if (collection.isWaiting && !(session.state === 'open' && session.epoch < collection.epoch))
    step('the collection removes', (next) => {
      lookWhoseItIs(next, rules)
      const isNeeded = collection.isNeeded || next.snapshots.some(isStanding)
      if (rules.looksAgain) settle(next, rules, isNeeded, false)
      return remove(next)
    })
}

function lookWhoseItIs(next: CopyWorld, rules: CopyRules): void {
  if (!rules.looksWhoseItIs || !next.hasNewLosses) return
  rescueLost(next, rules)
  if (placeIn(next, rules) === null) for (const snapshot of next.snapshots) snapshot.isWhole = false
  next.hasNewLosses = false
  next.isUnsettled = false
}

function settle(next: CopyWorld, rules: CopyRules, isNeeded: boolean, isChoosing: boolean): void {
  const place = placeIn(next, rules)
  for (const index of next.order) {
    const copy = next.copies[index]!
    const isReadElsewhere = place !== null && place !== index
    if (isChoosing || copy.isCondemned) copy.isCondemned = rules.isDead({ isNeeded, isReadElsewhere, isCondemned: copy.isCondemned })
  }
}

function remove(next: CopyWorld): string | void {
  const statesNow = (): string => next.copies.map(({ state }) => state).join()
  const before = statesNow()
  for (const index of next.order) if (next.copies[index]!.isCondemned) next.copies[index] = { state: 'gone', isCondemned: false }
  next.order = next.order.filter((index) => next.copies[index]!.state !== 'gone')
  for (const snapshot of next.snapshots) if (snapshot.state === 'leaving') snapshot.state = 'gone'
  next.collection = { isWaiting: false, epoch: 0, isNeeded: false }
  if (!next.snapshots.some(isStanding)) return
  if (before.includes('whole') && !statesNow().includes('whole')) return 'The last whole copy was removed.'
  if (before.includes('lost') && !/whole|lost/.test(statesNow())) return 'What might have come back was removed.'
}
