import type { CollectionRules, OpenWork } from '../collection-rules.ts'
import type { Step } from './model-step.ts'

/*
 * A vault of three segments with two backups, one restore, two collections and one loss of the database, as a machine whose every step is one durable change.
 * Small enough to try every order; large enough that each rule is needed.
 */

const segments = [0, 1, 2] as const
const all = [0, 1] as const

type SessionState = 'idle' | 'open' | 'checked' | 'ended'
interface Session {
  state: SessionState
  epoch: number
  /** Bits of segments it sent, was told of, or has from its base. */
  known: number
  needs: number
  names: number
  /** Goes by a catalogue of its own that the hub had told it not to use: what it names may be gone, and it may be refused. */
  isStale: boolean
}
interface Snapshot {
  state: 'none' | 'kept' | 'deleted' | 'gone'
  needs: number
  names: number
  isAudited: boolean
  condemnedIn: number | null
}
export interface World {
  stored: number
  condemnedIn: (number | null)[]
  /** Bits of segments that were ever brought: no id is used twice. */
  sent: number
  /** The first was there before; the others are those of the sessions. */
  snapshots: Snapshot[]
  sessions: Session[]
  reader: { state: SessionState; epoch: number; snapshot: number }
  collection: { phase: 'none' | 'marked' | 'grace' | 'removing'; epoch: number; marked: number }
  epoch: number
  collections: number
  losses: number
}

const copyOf = (world: World): World => ({
  ...world,
  condemnedIn: [...world.condemnedIn],
  snapshots: world.snapshots.map((snapshot) => ({ ...snapshot })),
  sessions: world.sessions.map((session) => ({ ...session })),
  reader: { ...world.reader },
  collection: { ...world.collection },
})

/** Worlds that differ only in what nobody asks any more are one. */
function forgetWhatIsOver(world: World): void {
  for (const session of world.sessions)
    if (session.state === 'ended') Object.assign(session, { epoch: 0, known: 0, needs: 0, names: 0, isStale: false })
  for (const snapshot of world.snapshots)
    if (snapshot.state === 'gone') Object.assign(snapshot, { needs: 0, names: 0, isAudited: true, condemnedIn: null })
  if (world.reader.state === 'ended') Object.assign(world.reader, { epoch: 0, snapshot: 0 })
  if (world.collection.phase === 'none') world.collection.epoch = 0
}

const states = ['idle', 'open', 'checked', 'ended', 'none', 'kept', 'deleted', 'gone', 'marked', 'grace', 'removing']

/** Two worlds are the same if their names are. */
export function nameOf(world: World): string {
  const numbers = [world.stored, world.sent, world.epoch, world.collections, world.losses]
  for (const epoch of world.condemnedIn) numbers.push(epoch === null ? 9 : epoch)
  for (const { state, needs, names, isAudited, condemnedIn } of world.snapshots)
    numbers.push(states.indexOf(state), needs, names, isAudited ? 1 : 0, condemnedIn ?? 9)
  for (const { state, epoch, known, needs, names, isStale } of world.sessions)
    numbers.push(states.indexOf(state), epoch, known, needs, names, isStale ? 1 : 0)
  const { reader, collection } = world
  numbers.push(
    states.indexOf(reader.state),
    reader.epoch,
    reader.snapshot,
    states.indexOf(collection.phase),
    collection.epoch,
    collection.marked,
  )
  // Each below 16: three to a character.
  let name = ''
  for (let at = 0; at < numbers.length; at += 3)
    name += String.fromCharCode(numbers[at]! | ((numbers[at + 1] ?? 0) << 4) | ((numbers[at + 2] ?? 0) << 8))
  return name
}

const bit = (index: number): number => 1 << index
const has = (mask: number, index: number): boolean => (mask & bit(index)) !== 0

export function firstWorld(): World {
  const idle: Session = { state: 'idle', epoch: 0, known: 0, needs: 0, names: 0, isStale: false }
  const none: Snapshot = { state: 'none', needs: 0, names: 0, isAudited: false, condemnedIn: null }
  return {
    stored: bit(0),
    condemnedIn: [null, null, null],
    sent: bit(0),
    snapshots: [{ ...none, state: 'kept', needs: bit(0), names: bit(0), isAudited: true }, { ...none }, { ...none }],
    sessions: [{ ...idle }, { ...idle }],
    reader: { state: 'idle', epoch: 0, snapshot: 0 },
    collection: { phase: 'none', epoch: 0, marked: 0 },
    epoch: 0,
    collections: 0,
    losses: 0,
  }
}

/** Everything that may happen next. */
export function stepsFrom(world: World, rules: CollectionRules): Step<World>[] {
  const steps: Step<World>[] = []
  const step = (name: string, change: (next: World) => string | void): void => {
    const next = copyOf(world)
    const broken = change(next)
    forgetWhatIsOver(next)
    steps.push({ name, world: next, ...(broken === undefined ? {} : { broken }) })
  }
  for (const index of all) sessionSteps(world, index, rules, step)
  readerSteps(world, rules, step)
  snapshotSteps(world, rules, step)
  collectionSteps(world, rules, step)
  if (world.losses === 0) step('the database is lost and made anew from the store', loseDatabase)
  return steps
}

type Take = (name: string, change: (next: World) => string | void) => void
type TakeOfSession = (name: string, change: (own: Session, next: World) => string | void) => void

const isStanding = ({ state }: Snapshot): boolean => state === 'kept' || state === 'deleted'
const openWork = ({ sessions, reader }: World): OpenWork[] =>
  [...sessions, reader].filter(({ state }) => state === 'open' || state === 'checked')
const isWhole = (world: World, { needs }: Snapshot): boolean => (needs & ~world.stored) === 0

function sessionSteps(world: World, index: number, rules: CollectionRules, step: Take): void {
  const { state } = world.sessions[index]!
  const take: TakeOfSession = (name, change) => step(`backup ${index} ${name}`, (next) => change(next.sessions[index]!, next))
  if (state === 'idle') openings(world, index, rules, take)
  if (state === 'open') {
    transfers(world, index, rules, take)
    commitments(world, index, rules, take)
  }
  if (state === 'checked')
    take('commits', (own, next) => {
      own.state = 'ended'
      next.snapshots[index + 1] = { state: 'kept', needs: own.needs, names: own.names, isAudited: false, condemnedIn: null }
      if (rules.rescuesAtCommit) rescue(next, own.names)
    })
  if (state === 'open' || state === 'checked') take('expires', (own) => void (own.state = 'ended'))
}

function openings(world: World, index: number, rules: CollectionRules, take: TakeOfSession): void {
  for (const base of [null, ...world.snapshots.keys()]) {
    const snapshot = base === null ? null : world.snapshots[base]!
    if (snapshot !== null && (snapshot.state !== 'kept' || !rules.isOffered(snapshot.condemnedIn))) continue
    take(`opens${base === null ? '' : ` on snapshot ${base}`}`, (own, next) => {
      Object.assign(own, { state: 'open', epoch: next.epoch, known: snapshot?.names ?? 0 })
    })
  }
  const first = world.snapshots[0]!
  if (index === 1 && (first.state !== 'kept' || first.condemnedIn !== null))
    take('opens on what it remembers of snapshot 0', (own, next) => {
      Object.assign(own, { state: 'open', epoch: next.epoch, known: bit(0), isStale: true })
    })
}

function transfers(world: World, index: number, rules: CollectionRules, take: TakeOfSession): void {
  const { known } = world.sessions[index]!
  for (const segment of segments)
    if (has(world.stored & ~known, segment) && rules.isOffered(world.condemnedIn[segment]!))
      take(`is told of segment ${segment}`, (own) => void (own.known |= bit(segment)))
  const fresh = index + 1
  if (!has(world.sent, fresh))
    take(`sends segment ${fresh}`, (own, next) => {
      own.known |= bit(fresh)
      next.stored |= bit(fresh)
      next.sent |= bit(fresh)
    })
}

function commitments(world: World, index: number, rules: CollectionRules, take: TakeOfSession): void {
  const { known, epoch } = world.sessions[index]!
  const mayName = (segment: number): boolean => has(world.stored, segment) && rules.mayBeNamed(world.condemnedIn[segment]!, { epoch })
  for (let needs = 1; needs < bit(segments.length); needs++) {
    if ((needs & ~known) !== 0) continue
    // Honest, or, as the first may be, without the first of what it needs.
    for (const names of new Set(index === 0 ? [needs, needs & (needs - 1)] : [needs]))
      take(`asks to commit ${names} of ${needs}`, (own) => {
        const isAccepted = segments.every((segment) => !has(names, segment) || mayName(segment))
        Object.assign(own, isAccepted ? { state: 'checked', needs, names } : { state: 'ended' })
        return isAccepted || names !== needs || own.isStale ? undefined : 'An honest backup was refused.'
      })
  }
}

function rescue(next: World, named: number): void {
  for (const segment of segments) if (has(named, segment)) next.condemnedIn[segment] = null
}

function readerSteps(world: World, rules: CollectionRules, step: Take): void {
  const { reader } = world
  if (reader.state === 'idle')
    for (const [index, snapshot] of world.snapshots.entries())
      if (isStanding(snapshot) && rules.isOffered(snapshot.condemnedIn))
        step(
          `a restore of snapshot ${index} begins`,
          (next) => void Object.assign(next.reader, { state: 'open', epoch: next.epoch, snapshot: index }),
        )
  if (reader.state !== 'open') return
  step('the restore reads to its end', (next) => {
    next.reader.state = 'ended'
    return isWhole(next, next.snapshots[reader.snapshot]!) ? undefined : 'A restore under way lost what it reads.'
  })
}

function snapshotSteps(world: World, rules: CollectionRules, step: Take): void {
  for (const [index, { state, condemnedIn, isAudited }] of world.snapshots.entries()) {
    if (state === 'kept') step(`snapshot ${index} is deleted`, (next) => void (next.snapshots[index]!.state = 'deleted'))
    if (state === 'deleted' && condemnedIn === null)
      step(`snapshot ${index} is brought back`, (next) => void (next.snapshots[index]!.state = 'kept'))
    if ((state === 'kept' || state === 'deleted') && !isAudited)
      step(`snapshot ${index} is looked through`, (next) => {
        const snapshot = next.snapshots[index]!
        Object.assign(snapshot, { isAudited: true, names: snapshot.names | snapshot.needs })
        if (rules.rescuesAtAudit && snapshot.condemnedIn === null) rescue(next, snapshot.names)
      })
  }
}

const marked = (snapshots: readonly Snapshot[]): number =>
  snapshots.reduce((mask, { state, condemnedIn, names }) => (state === 'kept' && condemnedIn === null ? mask | names : mask), 0)

function collectionSteps(world: World, rules: CollectionRules, step: Take): void {
  const { phase, epoch } = world.collection
  const standing = world.snapshots.filter(isStanding)
  if (phase === 'none' && world.collections < 2 && rules.mayGoOn(standing))
    step('a collection marks', (next) => {
      next.collections++
      Object.assign(next.collection, { phase: 'marked', marked: marked(next.snapshots) })
    })
  if (phase === 'marked' && rules.mayGoOn(standing)) step('it condemns', (next) => condemn(next, rules))
  if (phase === 'grace' && rules.isGraceOver(epoch, openWork(world)) && rules.mayGoOn(standing))
    step('it begins to remove', (next) => void (next.collection.phase = 'removing'))
  if (phase === 'removing') removals(world, rules, step)
}

function condemn(next: World, rules: CollectionRules): void {
  next.epoch++
  const named = rules.marksWhatCameSince ? next.collection.marked | marked(next.snapshots) : next.collection.marked
  for (const snapshot of next.snapshots) if (snapshot.state === 'deleted') snapshot.condemnedIn = next.epoch
  for (const segment of segments) if (has(next.stored & ~named, segment)) next.condemnedIn[segment] = next.epoch
  Object.assign(next.collection, { phase: 'grace', epoch: next.epoch, marked: 0 })
}

function removals(world: World, rules: CollectionRules, step: Take): void {
  const snapshots = [...world.snapshots.entries()].filter(([, { state, condemnedIn }]) => state === 'deleted' && condemnedIn !== null)
  const condemned = segments.filter((segment) => has(world.stored, segment) && world.condemnedIn[segment] !== null)
  for (const [index] of snapshots)
    if (rules.removesSnapshotsFirst || condemned.length === 0)
      step(`snapshot ${index} is removed`, (next) => void (next.snapshots[index]!.state = 'gone'))
  for (const segment of condemned)
    if (!rules.removesSnapshotsFirst || snapshots.length === 0)
      step(`segment ${segment} is removed`, (next) => {
        next.stored &= ~bit(segment)
        next.condemnedIn[segment] = null
      })
  if (snapshots.length === 0 && condemned.length === 0) step('the collection ends', (next) => void (next.collection.phase = 'none'))
}

/** Everything that only rows knew is gone: sessions, deletions, and what was condemned. */
function loseDatabase(next: World): string | void {
  next.losses++
  next.epoch++
  for (const session of next.sessions) if (session.state !== 'idle') session.state = 'ended'
  if (next.reader.state !== 'idle') next.reader.state = 'ended'
  Object.assign(next.collection, { phase: 'none', marked: 0 })
  next.condemnedIn = [null, null, null]
  for (const snapshot of next.snapshots)
    if (isStanding(snapshot)) {
      // What a device did not name is not known again before the snapshot was looked through.
      Object.assign(snapshot, { state: 'kept', condemnedIn: null, isAudited: false })
      if (!isWhole(next, snapshot)) return 'A snapshot that cannot be restored was found in the store.'
    }
}

/** What must hold at every moment. */
export function brokenIn(world: World): string | null {
  const lacking = world.snapshots.findIndex(
    (snapshot) => isStanding(snapshot) && snapshot.condemnedIn === null && !isWhole(world, snapshot),
  )
  return lacking === -1 ? null : `Snapshot ${lacking} lacks what it needs.`
}
