import { AppError } from '@holdfast/shared-types'
import type { StoredSnapshot } from './stored-snapshots.ts'

export interface SnapshotChoice {
  /** `latest`, or the first digits of an id. */
  readonly name: string
  /** A host's name as its device told it, or the id of a device. */
  readonly host: string | undefined
  /** Whether `latest` may be one that nobody vouches for. */
  readonly takesUnverified: boolean
}

export interface ChosenSnapshot {
  readonly snapshot: StoredSnapshot
  /** Newer ones of the same device that do not verify. */
  readonly passedOver: readonly StoredSnapshot[]
}

/**
 * The one snapshot that is meant.
 * @param snapshots of the vault; for an id those that may be it are enough.
 * @throws AppError `snapshot.not-found`, `snapshot.ambiguous`, `vault.corrupt` where all that could be the latest are damaged
 */
export function chooseSnapshot(snapshots: readonly StoredSnapshot[], choice: SnapshotChoice): ChosenSnapshot {
  const fitting = ofHost(snapshots, choice.host)
  return choice.name === 'latest' ? latest(fitting, choice) : { snapshot: byPrefix(fitting, choice.name), passedOver: [] }
}

/** Those of one host, or all; one that does not open has no host, and goes with its device. */
export function ofHost(snapshots: readonly StoredSnapshot[], host: string | undefined): readonly StoredSnapshot[] {
  if (host === undefined) return snapshots
  const wanted = host.toLowerCase()
  const isOf = (snapshot: StoredSnapshot): boolean => snapshot.agentId === wanted || snapshot.body?.host.toLowerCase() === wanted
  const devices = new Set(snapshots.filter(isOf).map(({ agentId }) => agentId))
  return snapshots.filter((snapshot) => isOf(snapshot) || (snapshot.body === null && devices.has(snapshot.agentId)))
}

function byPrefix(snapshots: readonly StoredSnapshot[], prefix: string): StoredSnapshot {
  const [first, second] = snapshots.filter(({ id }) => id.startsWith(prefix))
  if (first === undefined) throw notFound()
  if (second === undefined) return first
  throw new AppError('snapshot.ambiguous', {
    message: `More than one snapshot\u2019s id starts with ${prefix}.`,
    cure: 'Give more digits of the id.',
  })
}

function latest(snapshots: readonly StoredSnapshot[], { takesUnverified }: SnapshotChoice): ChosenSnapshot {
  const [device, ...others] = Map.groupBy(snapshots, ({ agentId }) => agentId).values()
  if (device === undefined) throw notFound()
  if (others.length > 0) throw severalHosts([device, ...others])
  // By number and not by time: a hub whose clock was ahead for a while has snapshots of tomorrow.
  const newestFirst = device.toSorted((left, right) => right.seq - left.seq)
  const at = newestFirst.findIndex(({ problem }) => takesUnverified || problem === null)
  const snapshot = newestFirst[at]
  if (snapshot !== undefined) return { snapshot, passedOver: newestFirst.slice(0, at) }
  throw new AppError('vault.corrupt', {
    message: `None of the ${newestFirst.length === 1 ? 'snapshot' : `${newestFirst.length} snapshots`} verifies. Of the newest: ${newestFirst[0]?.problem?.message ?? ''}`,
    cure: 'List them with `snapshots`. One that opens can be read all the same, with --unverified.',
  })
}

function severalHosts(devices: readonly (readonly StoredSnapshot[])[]): AppError {
  const names = devices.map((snapshots) => snapshots.findLast(({ body }) => body !== null)?.body?.host ?? snapshots[0]?.agentId ?? '')
  const shown = [...new Set(names)].sort().slice(0, 10)
  // Of two devices with one name only the id tells which.
  const isOneName = shown.length === 1
  const ids = devices.map(([first]) => first?.agentId ?? '').slice(0, 10)
  return new AppError('snapshot.ambiguous', {
    message: isOneName
      ? `${devices.length} devices called ${shown[0]} have snapshots here, so \`latest\` is not one.`
      : `${devices.length} hosts have snapshots here, so \`latest\` is not one: ${shown.join(', ')}${devices.length > shown.length ? ' …' : ''}.`,
    cure: isOneName
      ? `Name the device by its id (--host ${ids.join(' or --host ')}), or give the id of the snapshot.`
      : 'Name the host with --host, or give the id of the snapshot.',
  })
}

const notFound = (): AppError =>
  new AppError('snapshot.not-found', {
    message: 'The vault holds no such snapshot.',
    cure: 'List them with `snapshots`, all hosts without --host.',
  })
