import { AppError, CareKind as CareKindSchema, type CareKind, type VaultCare, type VaultId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { JobInHand, Jobs, JobSchedule } from '../../../platform/jobs/jobs.ts'
import type { Collections } from '../collecting/collections.ts'
import type { OpenVault } from '../contents/open-vault.ts'
import type { OpenVaults } from '../contents/open-vaults.ts'
import { damageFigures, hasLacking } from '../tables/damage.queries.ts'
import { scrubFigures } from '../tables/scrubbing.queries.ts'
import { careCrons, careKindsOf, jobKindOf, schedulesOf } from './care-schedule.ts'
import { collectionStory } from './collection-story.ts'
import { CareWorks, type CareWork, type CareWorksDeps } from './care-works.ts'
import { scrubCycleDays } from './scrub-packs.ts'

const dayMs = 24 * 60 * 60 * 1000

export interface VaultCaresDeps extends CareWorksDeps {
  readonly vaults: OpenVaults
  readonly jobs: Jobs
  readonly collections: Pick<Collections, 'last'>
}

/** The care of all vaults: by the clock, at once when somebody asks, and for people to see. */
export class VaultCares {
  readonly #deps: VaultCaresDeps
  readonly #works: CareWorks
  #work: Readonly<Record<CareKind, CareWork>> | null = null
  /** Who asked for what waits; of this hub's memory alone. */
  readonly #askedBy = new Map<string, string>()

  constructor(deps: VaultCaresDeps) {
    this.#deps = deps
    this.#works = new CareWorks(deps)
    for (const kind of CareKindSchema.options) deps.jobs.define(jobKindOf(kind), (job) => this.#carryOut(kind, job))
  }

  /** What each kind does; once, before anything is done. */
  does(work: Readonly<Record<CareKind, CareWork>>): void {
    this.#work = work
  }

  /** A vault has come while the hub works. */
  async takeOn(vault: OpenVault): Promise<void> {
    for (const schedule of schedulesOf(vault)) await this.#deps.jobs.add(schedule)
  }

  schedules(): JobSchedule[] {
    return this.#deps.vaults.all().flatMap(schedulesOf)
  }

  /** What was found and not named when the last hub ended is named. */
  async begin(): Promise<void> {
    for (const vault of this.#deps.vaults.all()) if (vault.contents.hasLost) await this.nameSoon(vault.id)
  }

  nameSoon(vaultId: VaultId): Promise<void> {
    return this.#deps.jobs.hurry(jobKindOf('damage'), vaultId)
  }

  healSoon(vaultId: VaultId): Promise<void> {
    return this.#deps.jobs.hurry(jobKindOf('healing'), vaultId)
  }

  /** What a device may do about damage has changed, and there is some: a device is asked, or another one. */
  async healersChanged(): Promise<void> {
    for (const { id } of this.#deps.vaults.all()) if (await hasLacking(this.#deps.database.em(), id)) await this.healSoon(id)
  }

  /** Something was sent: what old snapshots lack may be among it. */
  async snapshotCame(vaultId: VaultId): Promise<void> {
    if (await hasLacking(this.#deps.database.em(), vaultId)) await this.#deps.jobs.hurry(jobKindOf('audit'), vaultId)
  }

  /** @throws AppError `vault.private` for what takes keys that the hub does not have */
  async start(em: EntityManager, vault: OpenVault, kind: CareKind, startedBy: string): Promise<VaultCare> {
    if (!careKindsOf(vault).includes(kind)) throw new AppError('vault.private', { context: { vaultId: vault.id } })
    const isRunning = (await this.#works.last(vault)).get(kind)?.state === 'running'
    if (!isRunning) {
      this.#askedBy.set(`${vault.id}/${kind}`, startedBy)
      await this.#deps.jobs.hurry(jobKindOf(kind), vault.id)
    }
    return this.of(em, vault)
  }

  async of(em: EntityManager, vault: OpenVault): Promise<VaultCare> {
    const { jobs, now, collections } = this.#deps
    const last = await this.#works.last(vault)
    const collection = await collections.last(vault)
    const works = careKindsOf(vault).map(async (kind) => {
      const cron = careCrons[kind]
      const story = kind === 'collection' ? collectionStory(collection) : (last.get(kind) ?? null)
      const isOpen = (await jobs.keysOf(jobKindOf(kind))).has(vault.id)
      return {
        kind,
        last: story,
        nextAtMs: cron === null ? null : jobs.nextAtMs(cron, now()),
        isWaiting: isOpen && last.get(kind)?.state !== 'running',
      }
    })
    const since = new Date(now() - scrubCycleDays * dayMs)
    return {
      works: await Promise.all(works),
      timeZone: jobs.timeZone,
      scrubbed: { days: scrubCycleDays, ...(await scrubFigures(em, vault.id, since)) },
      damage: { canBeNamed: vault.kind === 'managed', ...(await damageFigures(em, vault.id)), ...vault.contents.damaged },
    }
  }

  /** Does one kind now and waits for it: for the queue, and for tests. @throws what keeps it from its end once the signal is aborted */
  async carryOut(kind: CareKind, vault: OpenVault, startedBy: string | null, signal: AbortSignal): ReturnType<CareWorks['run']> {
    const work = this.#work?.[kind] ?? (() => Promise.resolve())
    return this.#works.run(vault, kind, work, { startedBy, signal })
  }

  async #carryOut(kind: CareKind, { key, signal }: JobInHand): Promise<void> {
    const vault = this.#deps.vaults.all().find(({ id }) => id === key)
    // It was taken out of this hub since.
    if (vault === undefined) return
    const name = `${vault.id}/${kind}`
    const startedBy = this.#askedBy.get(name) ?? null
    this.#askedBy.delete(name)
    await this.carryOut(kind, vault, startedBy, signal)
  }
}
