import { setImmediate as nextTurn } from 'node:timers/promises'
import { AppError, type RunId, type SnapshotId } from '@holdfast/shared-types'
import { equalBytes } from '@holdfast/engine/bytes'
import { isEngineError } from '@holdfast/engine/errors'
import { Refset } from '@holdfast/engine/format'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { OpenVault } from '../contents/open-vault.ts'
import { segmentsPerTurn, type SnapshotRefsets } from '../contents/snapshot-refsets.ts'
import type { ReadingRun, RunsDoor } from '../doors/doors.ts'
import { isDamage } from '../errors/translate-engine-error.ts'
import { listKeepBases } from '../sessions/keep-base.ts'
import { listStanding, type StandingSnapshot } from '../tables/collecting.queries.ts'

export interface KeptAndNot {
  readonly kept: readonly StandingSnapshot[]
  /** Deleted, with their undo time over or lost anyway, and read by no run, also by no backup that keeps deleted files. */
  readonly leaving: readonly SnapshotId[]
  /** Runs that may have been told of anything at all. */
  readonly readers: ReadonlySet<RunId>
}

/** Who stays and who goes, as of now. @param nowMs hub's clock: how long a deletion can be undone is all that goes by it */
export async function splitStanding(em: EntityManager, vault: OpenVault, runs: RunsDoor, nowMs: number): Promise<KeptAndNot> {
  const standing = await listStanding(em, vault.id)
  const reading = await runs.listReadingRuns(em)
  const read = new Set([...reading.map(({ snapshotId }: ReadingRun) => snapshotId), ...(await listKeepBases(em, vault.id, runs))])
  const isLeaving = ({ snapshot: { id, keeping }, isLost }: StandingSnapshot): boolean =>
    keeping.deleted !== null && (isLost || keeping.deleted.undoUntil.getTime() <= nowMs) && keeping.held === null && !read.has(id)
  return {
    kept: standing.filter((one) => !isLeaving(one)),
    leaving: standing.filter(isLeaving).map(({ snapshot }) => snapshot.id),
    readers: new Set(reading.filter(({ hasBegun }) => hasBegun).map(({ runId }) => runId)),
  }
}

/**
 * Everything that kept snapshots name, and what they need without naming it. Grows only. What is damaged is needed as long as a snapshot lacks it, and no longer: one that is whole has all
 * of it elsewhere.
 */
export class NeededSegments {
  readonly #refsets: SnapshotRefsets
  /** As they were looked through then: an audit that finds another thing has them marked again. */
  readonly #marked = new Map<SnapshotId, Audited>()
  readonly #segments = new Refset()
  #added = 0

  constructor(refsets: SnapshotRefsets) {
    this.#refsets = refsets
  }

  has(packIdHex: string, ordinal: number): boolean {
    return this.#segments.has(packIdHex, ordinal)
  }

  /** @throws AppError `vault.collection-unsafe` for a snapshot that is not there or cannot be read; `store.*` */
  async mark(kept: readonly StandingSnapshot[]): Promise<void> {
    for (const one of kept) {
      if (isAsBefore(one, this.#marked.get(one.snapshot.id))) continue
      // What is lost there, and read elsewhere, is needed by nobody.
      const isGivenUp = (packIdHex: string, ordinal: number): boolean =>
        one.isWhole && this.#refsets.isLost(one.snapshot, packIdHex, ordinal)
      for (const refset of await this.#refsetsOf(one)) await this.#add(refset, isGivenUp)
      this.#marked.set(one.snapshot.id, { isWhole: one.isWhole, unnamedRefset: one.unnamedRefset })
    }
  }

  async #add(refset: Refset, isGivenUp: (packIdHex: string, ordinal: number) => boolean): Promise<void> {
    for (const { packIdHex, ordinal } of refset.segments()) {
      if (!isGivenUp(packIdHex, ordinal)) this.#segments.add(packIdHex, ordinal)
      if (++this.#added % segmentsPerTurn === 0) await nextTurn()
    }
  }

  async #refsetsOf(one: StandingSnapshot): Promise<Refset[]> {
    const { snapshot, unnamedRefset, isLost } = one
    if (isLost)
      throw unsafe(
        one,
        'is missing from the store, so that nobody knows what it needs',
        'Bring its file back (see `holdfast-hub fsck`), or delete the snapshot if it is lost for good.',
      )
    try {
      const named = await this.#refsets.verified(snapshot)
      return unnamedRefset === null ? [named] : [named, Refset.decode(unnamedRefset)]
    } catch (error) {
      if (!isDamage(error)) throw error
      throw unsafe(
        one,
        'cannot be read, so that nobody knows what it needs',
        isEngineError(error, 'format.unsupported-version')
          ? 'Start a version of Holdfast that can read it.'
          : 'Bring its file back from a copy, or delete the snapshot.',
        error,
      )
    }
  }
}

type Audited = Pick<StandingSnapshot, 'isWhole' | 'unnamedRefset'>

const isAsBefore = (now: Audited, before: Audited | undefined): boolean =>
  before !== undefined &&
  before.isWhole === now.isWhole &&
  (before.unnamedRefset === now.unnamedRefset ||
    (before.unnamedRefset !== null && now.unnamedRefset !== null && equalBytes(before.unnamedRefset, now.unnamedRefset)))

const unsafe = ({ snapshot: { id } }: StandingSnapshot, what: string, cure: string, cause?: unknown): AppError =>
  new AppError('vault.collection-unsafe', {
    message: `Snapshot ${id} ${what}. Nothing was removed.`,
    cure,
    context: { snapshotId: id },
    cause,
  })
