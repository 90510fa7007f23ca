import { setTimeout as delay } from 'node:timers/promises'
import { toWireError, type VaultCollection, type VaultId } from '@holdfast/shared-types'
import { EngineError } from '@holdfast/engine/errors'
import { asAppError } from '../../../platform/http/as-app-error.ts'
import type { DiskSpace } from '../../../platform/disk-space/disk-space.ts'
import type { OpenVault } from '../contents/open-vault.ts'
import type { VaultTurns } from '../contents/vault-turns.ts'
import type { AgentsDoor, RunsDoor } from '../doors/doors.ts'
import { reopenAffected } from '../damage/find-affected.ts'
import { translateEngineError } from '../errors/translate-engine-error.ts'
import { endInTime } from '../opening/end-in-time.ts'
import { findCollection, setCollection } from '../tables/vaults.queries.ts'
import { Brake } from '../usage/brake.ts'
import { auditAll, type AuditDeps } from './audits.ts'
import { compactVault } from './compact-vault.ts'
import { chooseGarbage, condemn, type Condemned } from './condemn.ts'
import type { Chosen } from './choose-packs.ts'
import { figuresOf, mostPercent } from './collection-figures.ts'
import { NeededSegments, splitStanding } from './needed-segments.ts'
import { giveUp, type GiveUpDeps } from './give-up.ts'
import { requireNoneUntaken } from '../opening/look-for-untaken.ts'
import { decideRemoval, isOver, markStanding, stillWaitingFor } from './decide-removal.ts'
import { forgetOldJournals, removeDecided } from '../removing/remove-decided.ts'
import { requireStore } from '../contents/without-bad-sectors.ts'
import { closeEndedSessions, type CloseSessionDeps } from '../sessions/close-session.ts'

export interface CollectionsDeps extends AuditDeps, GiveUpDeps, CloseSessionDeps {
  readonly runs: RunsDoor
  readonly agents: AgentsDoor
  readonly turns: VaultTurns
  /** Whoever makes room needs some. */
  readonly diskSpace: Pick<DiskSpace, 'requireRoom' | 'withReserve'>
}

export interface CollectionOrder {
  readonly startedBy: string
  /** Also where more than a fifth of the vault would go. */
  readonly isLargeApproved: boolean
  /** Keys of objects that nobody can read, and that a person gives up with it for good. */
  readonly givesUp?: readonly string[]
}

interface Running {
  now: VaultCollection
  readonly done: Promise<VaultCollection>
}

/** How often it looks whether those it waits for are through: soon, and then less and less. */
const firstLookMs = 20
const mostRareLookMs = 2000
/** Each open session is a question: a fleet's are asked about once a minute. */
const looksToAsk = 30

/**
 * Collections of garbage: one at a time for each vault, the newest one's story kept in the vault's row. The steps are those of docs/adr/0016; whatever ends one, the next
 * takes up what it had condemned, and nothing that is needed is touched.
 */
export class Collections {
  readonly #deps: CollectionsDeps
  readonly #running = new Map<VaultId, Running>()
  readonly #stopping = new AbortController()

  constructor(deps: CollectionsDeps) {
    this.#deps = deps
  }

  /** The running or newest one. */
  async last({ id }: Pick<OpenVault, 'id'>): Promise<VaultCollection | null> {
    const running = this.#running.get(id)
    if (running !== undefined) return running.now
    const last = await findCollection(this.#deps.database.em(), id)
    return last === null || last.endedAtMs !== null ? last : { ...last, state: 'interrupted', waitingFor: null }
  }

  /** Starts one in the background, or tells of the one that runs. */
  start(vault: OpenVault, order: CollectionOrder): VaultCollection {
    const running = this.#running.get(vault.id) ?? this.#begin(vault, order)
    // What it throws is in its own story.
    running.done.catch(() => undefined)
    return running.now
  }

  /** Collects and gives the story, or throws what kept it from its end. Waits for the one that runs: that may have begun too early. */
  async run(vault: OpenVault, order: CollectionOrder): Promise<VaultCollection> {
    for (let running = this.#running.get(vault.id); running !== undefined; running = this.#running.get(vault.id))
      await running.done.catch(() => undefined)
    return this.#begin(vault, order).done
  }

  /** Ends what runs; it counts as interrupted. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await endInTime([...this.#running.values()].map(({ done }) => done))
  }

  #begin(vault: OpenVault, order: CollectionOrder): Running {
    if (this.#stopping.signal.aborted) throw new EngineError('cancelled', 'The hub is stopping.')
    const running: Running = {
      now: begun(order.startedBy, this.#deps.now()),
      done: Promise.resolve().then(() => this.#work(vault, order)),
    }
    this.#running.set(vault.id, running)
    return running
  }

  async #work(vault: OpenVault, order: CollectionOrder): Promise<VaultCollection> {
    try {
      await this.#tell(vault, {})
      const found = await this.#collect(vault, order)
      return await this.#tell(vault, { state: found, endedAtMs: this.#deps.now(), waitingFor: null })
    } catch (error) {
      await this.#tellFailure(vault, error)
      throw error
    } finally {
      this.#running.delete(vault.id)
    }
  }

  async #collect(vault: OpenVault, order: CollectionOrder): Promise<'done' | 'approval-needed'> {
    const { database, refsets, runs, now } = this.#deps
    await requireStore(vault)
    const { givesUp = [] } = order
    if (givesUp.length > 0) await this.#giveUp(vault, givesUp)
    await requireNoneUntaken(this.#deps, vault)
    await closeEndedSessions(this.#deps, vault.id)
    await this.#audit(vault)
    const needed = new NeededSegments(refsets)
    await needed.mark((await splitStanding(database.em(), vault, runs, now())).kept)
    const chosen = await chooseGarbage(this.#deps, vault, needed)
    const found = await this.#tell(vault, figuresOf(chosen))
    if (found.percentFound > mostPercent && !order.isLargeApproved) return 'approval-needed'
    const condemned = await this.#condemn(vault, needed, chosen)
    await this.#wait(vault, condemned)
    await this.#deps.turns.during(vault.id, () => this.#remove(vault, condemned.epoch))
    return 'done'
  }

  /** It writes a journal, and may be what makes room on a full disk. */
  #giveUp(vault: OpenVault, wanted: readonly string[]): Promise<void> {
    return this.#deps.turns.during(vault.id, () => this.#deps.diskSpace.withReserve(() => giveUp(this.#deps, vault, wanted)))
  }

  async #condemn(vault: OpenVault, needed: NeededSegments, chosen: Chosen): Promise<Condemned> {
    for (;;) {
      const condemned = await this.#deps.diskSpace.withReserve(() => condemn(this.#deps, vault, needed, chosen.packs))
      if (condemned !== null) return condemned
      await this.#audit(vault)
    }
  }

  /** Whose it is that something was lost is known before anything is condemned or removed: it looks no other from what was sent again. */
  async #audit(vault: OpenVault): Promise<void> {
    if (vault.contents.hasNewLosses) await reopenAffected(this.#deps, vault, new Brake(this.#stopping.signal))
    await auditAll(this.#deps, vault, this.#stopping.signal)
  }

  /** Until nobody is left who was told of what is condemned, and nobody who may need it unseen. */
  async #wait(vault: OpenVault, condemned: Condemned): Promise<void> {
    const { signal } = this.#stopping
    const { database, turns } = this.#deps
    let looks = 0
    for (let pauseMs = firstLookMs; ; pauseMs = Math.min(pauseMs * 2, mostRareLookMs)) {
      await this.#audit(vault)
      const isImpatient = pauseMs === mostRareLookMs
      // Of a run whose end was not heard, as with the database gone in that moment, it would wait for ever.
      if (isImpatient && looks++ % looksToAsk === 0) await closeEndedSessions(this.#deps, vault.id)
      const waiting = await stillWaitingFor(database.em(), this.#deps, vault.id, condemned)
      if (isOver(isImpatient ? { ...waiting, audits: 0 } : waiting)) {
        await requireNoneUntaken(this.#deps, vault)
        await markStanding(database.em(), vault, condemned)
        if (await decideRemoval(this.#deps, vault, condemned, { isImpatient, signal })) return
      }
      await this.#tell(vault, { state: 'waiting', waitingFor: { ...waiting, checks: Number(turns.isTaken(vault.id)) } })
      await delay(pauseMs, undefined, { signal }).catch(() => undefined)
      if (signal.aborted) throw new EngineError('cancelled', 'The collection was stopped.')
    }
  }

  async #remove(vault: OpenVault, epoch: number): Promise<void> {
    await this.#tell(vault, { state: 'removing', waitingFor: null })
    // A disk that went away would be told to forget what it cannot hear.
    await requireStore(vault)
    const { snapshots, packs, bytes } = await this.#deps.diskSpace.withReserve(() => removeDecided(this.#deps, vault, epoch))
    await this.#tell(vault, { state: 'compacting', snapshotsRemoved: snapshots, packsRemoved: packs, bytesRemoved: bytes })
    const bytesMoved = await compactVault(this.#deps, vault, new Brake(this.#stopping.signal))
    await this.#tell(vault, { bytesMoved })
    await forgetOldJournals(vault)
  }

  async #tell(vault: OpenVault, news: Partial<VaultCollection>): Promise<VaultCollection> {
    const running = this.#running.get(vault.id)
    if (running === undefined) throw new EngineError('invariant.broken', 'A collection that does not run tells of itself.')
    running.now = { ...running.now, ...news }
    await setCollection(this.#deps.database.em(), vault.id, running.now)
    return running.now
  }

  async #tellFailure(vault: OpenVault, error: unknown): Promise<void> {
    const isStopped = this.#stopping.signal.aborted
    const known = toWireError(asAppError(translateEngineError(error)))
    if (!isStopped)
      this.#deps.log.error({ event: 'collection.failed', vaultId: vault.id, err: error }, 'A collection of garbage did not come to its end')
    // Where even that cannot be noted, the next look finds one that runs no more, and calls it interrupted.
    await this.#tell(vault, {
      state: isStopped ? 'interrupted' : 'failed',
      endedAtMs: this.#deps.now(),
      waitingFor: null,
      error: isStopped ? null : { code: known.code, message: known.message, cure: known.cure },
    }).catch(() => undefined)
  }
}

const begun = (startedBy: string, startedAtMs: number): VaultCollection => ({
  state: 'marking',
  startedBy,
  startedAtMs,
  endedAtMs: null,
  waitingFor: null,
  packsFound: 0,
  bytesFound: 0,
  percentFound: 0,
  snapshotsRemoved: 0,
  packsRemoved: 0,
  bytesRemoved: 0,
  bytesMoved: 0,
  error: null,
})
