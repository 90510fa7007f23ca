import type { EntityManager } from '@mikro-orm/postgresql'
import type { Logger } from '../../platform/logging/logger.ts'
import type { StoredSelfBackup } from '../vaults/index.ts'
import { chooseSurplus, isUnfinished } from './choose-kept.ts'
import { isImportant } from './important-actions.ts'
import { makeSelfBackup, type MakeSelfBackupDeps } from './make-self-backup.ts'
import { actionsSince } from './self-backups.queries.ts'

/** What is changed together goes together: so long nothing else may have changed, but after the first change no longer than that. */
const quietMs = 30_000
const longestWaitMs = 300_000
const dayMs = 86_400_000
/** After one that failed. */
const againMs = 600_000
/** An audit log of years takes a while to write: then it is written so much less often that it takes one part in twenty of the time. */
const restFactor = 20
const lookEveryMs = 5000
/** A new hub has other things to say first. */
const firstWithinMs = 3_600_000

export interface SelfBackupsDeps extends MakeSelfBackupDeps {
  readonly log: Logger
}

/** Writes self-backups when something important was changed and once a day, and removes those that are too many. */
export class SelfBackups {
  readonly #deps: SelfBackupsDeps
  readonly #startedMs = performance.now()
  #newestAtMs: number | null = null
  #isListed = false
  /** By the clock that only goes forward. */
  #firstChangeMs: number | null = null
  #lastChangeMs = 0
  #notBeforeMs = 0
  #underWay: Promise<StoredSelfBackup> | null = null
  #timer: NodeJS.Timeout | null = null
  #stopping = new AbortController()

  constructor(deps: SelfBackupsDeps) {
    this.#deps = deps
  }

  /** When the newest whole one was made; null = there is none, although there was time for it. Undefined before the store was looked at. */
  get newestAtMs(): number | null | undefined {
    if (!this.#isListed) return undefined
    return this.#newestAtMs === null && performance.now() - this.#startedMs < firstWithinMs ? undefined : this.#newestAtMs
  }

  /** Changes that a hub which was killed did not get to write are found in its audit log. */
  async start(em: EntityManager): Promise<void> {
    this.#stopping = new AbortController()
    await this.#list()
    const missed = this.#newestAtMs === null || (await actionsSince(em, new Date(this.#newestAtMs))).some(isImportant)
    if (missed) this.noteChange()
    this.#timer = setInterval(() => this.#look(), lookEveryMs).unref()
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
    this.#stopping.abort()
    await this.settled()
  }

  /** Resolves when none is being written. */
  async settled(): Promise<void> {
    while (this.#underWay !== null) await this.#underWay.catch(() => undefined)
  }

  noteChange(): void {
    this.#lastChangeMs = performance.now()
    this.#firstChangeMs ??= this.#lastChangeMs
  }

  /** One at a time: who asks while one is written gets the next one. */
  async make(): Promise<StoredSelfBackup> {
    await this.settled()
    const made = this.#make()
    this.#underWay = made
    try {
      return await made
    } finally {
      this.#underWay = null
    }
  }

  async list(): Promise<StoredSelfBackup[]> {
    return this.#deps.shelf.list()
  }

  #look(): void {
    const nowMs = performance.now()
    if (this.#underWay !== null || nowMs < this.#notBeforeMs || !this.#isDue(nowMs)) return
    const { log } = this.#deps
    this.make().catch((error: unknown) => {
      if (this.#stopping.signal.aborted) return
      this.#notBeforeMs = performance.now() + againMs
      log.warn({ event: 'self-backup.failed', err: error }, 'The hub could not back itself up; it is tried again in ten minutes')
    })
  }

  #isDue(nowMs: number): boolean {
    if (this.#firstChangeMs !== null && (nowMs - this.#lastChangeMs >= quietMs || nowMs - this.#firstChangeMs >= longestWaitMs)) return true
    return this.#newestAtMs !== null && this.#deps.now() - this.#newestAtMs >= dayMs
  }

  async #make(): Promise<StoredSelfBackup> {
    const { log, shelf, now } = this.#deps
    const startedMs = performance.now()
    const noted = this.#firstChangeMs
    // What a killed hub left, before there is a newer one.
    for (const left of (await shelf.list()).filter(isUnfinished)) await shelf.remove(left)
    this.#firstChangeMs = null
    let made: StoredSelfBackup
    try {
      made = await makeSelfBackup(this.#deps, this.#stopping.signal)
    } catch (error) {
      this.#firstChangeMs ??= noted ?? startedMs
      throw error
    }
    this.#newestAtMs = made.createdAtMs
    this.#isListed = true
    for (const surplus of chooseSurplus(await shelf.list(), now())) await shelf.remove(surplus)
    const durationMs = Math.round(performance.now() - startedMs)
    this.#notBeforeMs = performance.now() + durationMs * restFactor
    log.info({ event: 'self-backup.made', sizeBytes: made.sizeBytes, durationMs }, 'The hub backed itself up into its vault')
    return made
  }

  async #list(): Promise<void> {
    const listed = await this.#deps.shelf.list()
    this.#newestAtMs = listed.findLast(({ isWhole }) => isWhole)?.createdAtMs ?? null
    this.#isListed = true
  }
}
