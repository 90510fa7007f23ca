import { AppError } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { KnownActor } from '../../platform/http/actor.ts'
import type { SnapshotFilter, SnapshotRecord } from '../vaults/index.ts'
import { devicesNamed, type SnapshotsDeps } from './snapshots.deps.ts'
import { visibleTo } from './snapshots.access.ts'

export interface SnapshotQuery {
  /** Id, prefix of it with at least 8 digits, or `latest`. */
  readonly snapshot: string
  readonly host?: string | undefined
}

const shortestPrefix = 8
const idDigits = 32

/**
 * The one snapshot that is meant.
 * @throws AppError `snapshot.not-found`; `snapshot.ambiguous` where several fit: a short prefix, or `latest` of several hosts.
 */
export async function findSnapshot(
  deps: SnapshotsDeps,
  em: EntityManager,
  actor: KnownActor,
  { snapshot, host }: SnapshotQuery,
): Promise<SnapshotRecord> {
  const names = host === undefined ? undefined : await deps.devices.deviceNames(em)
  const named = host === undefined || names === undefined ? undefined : { host, agentIds: devicesNamed(names, host) }
  const filter: SnapshotFilter = { visibleTo: visibleTo(actor), named }
  if (snapshot.toLowerCase() === 'latest') return latest(deps, em, filter)
  const prefix = snapshot.toLowerCase()
  if (!/^[0-9a-f]+$/.test(prefix) || prefix.length > idDigits) throw notFound()
  if (prefix.length < shortestPrefix) {
    throw new AppError('snapshot.ambiguous', { message: `A snapshot is named by at least ${shortestPrefix} digits of its id.` })
  }
  const [first, second] = await deps.vaults.snapshots.findByPrefix(em, prefix, filter, 2)
  if (first === undefined) throw notFound()
  if (second !== undefined)
    throw new AppError('snapshot.ambiguous', {
      message: `More than one snapshot\u2019s id starts with ${prefix}.`,
      cure: 'Give more digits of the id.',
    })
  return first
}

async function latest({ vaults }: SnapshotsDeps, em: EntityManager, filter: SnapshotFilter): Promise<SnapshotRecord> {
  const newest = await vaults.snapshots.newest(em, filter)
  const [only] = newest
  if (only === undefined) throw notFound()
  if (newest.length > 1) {
    throw new AppError('snapshot.ambiguous', {
      message: `${newest.length} hosts have snapshots here, so \`latest\` is not one.`,
      cure: 'Name the host with --host, or give the id of the snapshot.',
    })
  }
  return only
}

const notFound = (): AppError => new AppError('snapshot.not-found')
