import { randomUUID } from 'node:crypto'
import {
  AppError,
  toWireError,
  type Purge,
  type PurgeOrder,
  type PurgePreview,
  type PurgeSelection,
  type VaultId,
} from '@holdfast/shared-types'
import { Refset } from '@holdfast/engine/format'
import { asAppError } from '../../../platform/http/as-app-error.ts'
import { ManagedVault } from '../contents/managed-vault.ts'
import type { OpenVault } from '../contents/open-vault.ts'
import { addAll } from '../contents/segment-sets.ts'
import { translateEngineError } from '../errors/translate-engine-error.ts'
import { endInTime } from '../opening/end-in-time.ts'
import { requireNoneUntaken } from '../opening/look-for-untaken.ts'
import { SegmentReader } from '../reading/segment-reader.ts'
import { findPurge, listOpenPurges, listPurgeRows, writePurge, type PurgeRecord } from '../tables/purges.queries.ts'
import { Brake } from '../usage/brake.ts'
import { lookForPurge, rewriteForPurge, type PurgeWork } from './carry-out-purge.ts'
import { previewPurge } from './preview-purge.ts'
import { presentPurge, tellPurge } from './present-purge.ts'
import type { PurgeDeps } from './purge-deps.ts'
import { requirePaths } from './purge-filter.ts'
import { lookAtProgress } from './purge-progress.ts'
import type { ReadingDeps } from './snapshot-reading.ts'

const shownPurges = 100
/** One condemns, the next removes what the first moved out of packs, and one more for what was waited for. */
const mostCollections = 3

/**
 * Purges: paths leave all snapshots of a vault (docs/adr/0020). What was asked for is a row, and whatever ends the hub, the next one goes on from it: looking and writing anew can
 * be repeated from any point, for what is written anew has nothing of it any more.
 */
export class Purges {
  readonly #deps: PurgeDeps
  readonly #stopping = new AbortController()
  /** The last of each vault: one after the other. */
  readonly #lastByVault = new Map<VaultId, Promise<unknown>>()

  constructor(deps: PurgeDeps) {
    this.#deps = deps
  }

  /** @throws AppError `vault.rewriting-impossible`, `request.invalid` */
  preview(vault: OpenVault, selection: PurgeSelection, signal: AbortSignal): Promise<PurgePreview> {
    const managed = requireRewritable(vault)
    requirePaths(selection)
    return previewPurge(this.#deps, this.#reading(AbortSignal.any([signal, this.#stopping.signal])), managed, selection)
  }

  /** Begins in the background. @throws AppError `vault.rewriting-impossible`, `request.invalid` */
  async start(open: OpenVault, order: PurgeOrder, startedBy: string): Promise<Purge> {
    const id = randomUUID()
    // Before anything is written: the row of the audit log is.
    tellPurge(open, id, order)
    const vault = requireRewritable(open)
    requirePaths(order)
    const row: PurgeRecord = {
      id,
      vaultId: vault.id,
      agentIds: order.agentIds,
      paths: order.paths,
      patterns: order.patterns,
      keepsUndo: order.keepsUndo,
      state: 'rewriting',
      startedBy,
      startedAt: new Date(this.#deps.now()),
      endedAt: null,
      snapshotsDone: 0,
      snapshotsTotal: 0,
      snapshotsRewritten: 0,
      entries: 0,
      bytes: 0,
      replaced: [],
      segments: null,
      error: null,
    }
    await this.#write(row, {})
    this.#behind(vault, row)
    return this.#present(vault, row)
  }

  /** None of a private vault. */
  async list(vault: OpenVault): Promise<Purge[]> {
    if (!(vault instanceof ManagedVault)) return []
    const rows = await listPurgeRows(this.#deps.database.em(), vault.id, shownPurges)
    return Promise.all(rows.map((row) => this.#present(vault, row)))
  }

  /** @throws AppError `purge.not-found` */
  async get(vault: OpenVault, id: string): Promise<Purge> {
    const row = await findPurge(this.#deps.database.em(), vault.id, id)
    if (row === null || !(vault instanceof ManagedVault)) throw new AppError('purge.not-found')
    return this.#present(vault, row)
  }

  /** After a start: withholds what is to leave, and goes on with what was under way. */
  async resume(vault: OpenVault): Promise<void> {
    if (!(vault instanceof ManagedVault)) return
    await this.#withhold(vault)
    for (const row of await listOpenPurges(this.#deps.database.em(), vault.id)) if (row.state === 'rewriting') this.#behind(vault, row)
  }

  /** Looks whether those that wait are done; before and after a collection. What keeps one from that is in its own story. */
  async advance(vault: OpenVault): Promise<void> {
    if (!(vault instanceof ManagedVault)) return
    for (const row of await listOpenPurges(this.#deps.database.em(), vault.id))
      if (row.state === 'collecting') await this.#queued(vault, () => this.#told(vault, row, () => this.#advanceOne(vault, row)))
  }

  /** Until all that was begun in the background is through. */
  async settled(): Promise<void> {
    while (this.#lastByVault.size > 0) await Promise.all(this.#lastByVault.values())
  }

  /** What runs goes on with the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await endInTime([...this.#lastByVault.values()])
  }

  #behind(vault: ManagedVault, row: PurgeRecord): void {
    void this.#queued(vault, () => this.#told(vault, row, () => this.#carryOut(vault, row)))
  }

  async #carryOut(vault: ManagedVault, row: PurgeRecord): Promise<void> {
    let current = row
    const work = this.#work(vault, row.id, (now) => (current = now))
    // What nobody can read may have some of it, and keeps what a collection is to remove.
    await requireNoneUntaken(this.#deps, vault)
    await this.#deps.turns.during(vault.id, async () => {
      const affected = await lookForPurge(work, current)
      // Committed before anything is written anew: what a session is told of from now on stays.
      await this.#withhold(vault)
      await rewriteForPurge(work, current, affected)
    })
    await work.tell({ state: 'collecting' })
    if (!current.keepsUndo) await this.#collectFor(vault, current)
    await this.#advanceOne(vault, current)
  }

  /** Nothing shall be had back: it need not wait for the night. */
  async #collectFor(vault: ManagedVault, row: PurgeRecord): Promise<void> {
    for (let left = mostCollections; left > 0; left--) {
      const { waitingFor } = await this.#progress(vault, row)
      if (waitingFor.snapshots + waitingFor.segments === 0) return
      const { state } = await this.#deps.collections.run(vault, { startedBy: row.startedBy, isLargeApproved: false })
      if (state !== 'done') return
    }
  }

  async #advanceOne(vault: ManagedVault, row: PurgeRecord): Promise<void> {
    let current = row
    const work = this.#work(vault, row.id, (now) => (current = now))
    const { hadBack, sharing, waitingFor: before } = await this.#progress(vault, row)
    if (hadBack !== null)
      throw new AppError('snapshot.rewriting-unsafe', {
        message: `Snapshot ${hadBack} was had back as it was, with all that was to leave.`,
        cure: 'Ask for the purge again, or leave it at that.',
        context: { snapshotId: hadBack },
      })
    // Backups that were under way named what they had been told of before.
    if (sharing > 0) await this.#deps.turns.during(vault.id, () => rewriteForPurge(work, current, new Set()))
    const waitingFor = sharing > 0 ? (await this.#progress(vault, current)).waitingFor : before
    if (waitingFor.snapshots + waitingFor.segments + vault.untaken.length > 0) return
    await work.tell({ state: 'done', endedAt: new Date(this.#deps.now()) })
    await this.#withhold(vault)
  }

  #progress(vault: ManagedVault, row: PurgeRecord): ReturnType<typeof lookAtProgress> {
    return lookAtProgress(this.#deps, this.#deps.database.em(), vault, row)
  }

  /** What all purges that are not over want to leave. */
  async #withhold(vault: ManagedVault): Promise<void> {
    const all = new Refset()
    for (const { segments } of await listOpenPurges(this.#deps.database.em(), vault.id))
      if (segments !== null) addAll(all, Refset.decode(segments))
    vault.contents.setWithheld(all.packCount === 0 ? null : all)
  }

  /** One after the other for each vault; never rejects. */
  async #queued(vault: ManagedVault, work: () => Promise<void>): Promise<void> {
    const mine = (this.#lastByVault.get(vault.id) ?? Promise.resolve()).then(work)
    this.#lastByVault.set(vault.id, mine)
    await mine.finally(() => {
      if (this.#lastByVault.get(vault.id) === mine) this.#lastByVault.delete(vault.id)
    })
  }

  /** What goes wrong is the end of it, unless the hub is stopping: then the next one goes on. */
  async #told(vault: ManagedVault, row: PurgeRecord, work: () => Promise<void>): Promise<void> {
    try {
      if (!this.#stopping.signal.aborted) await work()
    } catch (error) {
      if (this.#stopping.signal.aborted) return
      this.#deps.log.error({ event: 'purge.failed', vaultId: vault.id, err: error }, 'A purge could not go on; what is done stays done')
      const { code, message, cure } = toWireError(asAppError(translateEngineError(error)))
      await this.#noteFailure(vault, row, { code, message, cure }).catch(() => undefined)
    }
  }

  /** Where even that cannot be noted, the next start goes on with it. */
  async #noteFailure(vault: ManagedVault, row: PurgeRecord, error: NonNullable<Purge['error']>): Promise<void> {
    const now = await findPurge(this.#deps.database.em(), vault.id, row.id)
    await this.#write(now ?? row, { state: 'failed', endedAt: new Date(this.#deps.now()), error })
    await this.#withhold(vault)
  }

  #work(vault: ManagedVault, id: string, onTold: (row: PurgeRecord) => void): PurgeWork {
    const tell = async (news: Partial<PurgeRecord>): Promise<PurgeRecord> => {
      const row = await findPurge(this.#deps.database.em(), vault.id, id)
      if (row === null) throw new AppError('purge.not-found')
      const told = await this.#write(row, news)
      onTold(told)
      return told
    }
    return { deps: this.#deps, reading: this.#reading(this.#stopping.signal), vault, tell }
  }

  async #write(row: PurgeRecord, news: Partial<PurgeRecord>): Promise<PurgeRecord> {
    const told = { ...row, ...news }
    await this.#deps.database.transaction(async (em) => {
      await writePurge(em, told)
      this.#deps.live.append(em, 'snapshots', 'purge.changed', { id: told.id, vaultId: told.vaultId })
    })
    return told
  }

  async #present(vault: ManagedVault, row: PurgeRecord): Promise<Purge> {
    return presentPurge(row, row.state === 'collecting' ? (await this.#progress(vault, row)).waitingFor : null)
  }

  #reading(signal: AbortSignal): ReadingDeps {
    return { refsets: this.#deps.refsets, segments: new SegmentReader(this.#deps), brake: new Brake(signal) }
  }
}

/** The hub has no private vault's keys. @throws AppError `vault.rewriting-impossible` */
export function requireRewritable(vault: OpenVault): ManagedVault {
  if (vault instanceof ManagedVault) return vault
  throw new AppError('vault.rewriting-impossible', { context: { vaultId: vault.id } })
}
