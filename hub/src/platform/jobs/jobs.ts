import { PgBoss, type Job } from 'pg-boss'
import { toClientConfig, type DatabaseConnection } from '../database/connection.ts'
import { asDatabaseError } from '../database/translate-driver-error.ts'
import type { Logger } from '../logging/logger.ts'
import { jobsSchema, mendTimes } from './mend-times.ts'

/** What a job is called with. */
export interface JobInHand {
  /** Of the thing it is about; a job of this kind and key is never done twice at once. */
  readonly key: string
  /** Aborts when the hub is about to stop: end soon, by throwing. The job begins again with the next start. */
  readonly signal: AbortSignal
}
export type JobWork = (job: JobInHand) => Promise<void>

export interface JobSchedule {
  readonly kind: string
  readonly key: string
  /** Five fields, in the hub's own time zone. */
  readonly cron: string
}

export interface JobsOptions {
  readonly connection: DatabaseConnection
  readonly log: Logger
  /** IANA name; the machine's unless a test says otherwise. */
  readonly timeZone?: string
}

/** Beside the ORM's 20: each kind asks for work now and then, and one at most works with many statements. The embedded server allows 60. */
const maxConnections = 4
/** Who asks for a job wakes its worker: this is for what comes by the clock. */
const lookEverySeconds = 10
/** pg-boss does not take longer ones; work that is not through by then ends, and goes on with the next night. */
const longestSeconds = 23 * 60 * 60
/** A job that failed leaves its story with its feature. */
const keptSeconds = 60 * 60
/** What ends a hub each time it is tried must not do so for ever. */
const mostBeginnings = 5
const mendEveryMs = 60_000
const endWithinMs = 2500

interface JobData {
  readonly key: string
  /** How often a hub that ended cut it off. */
  readonly cutOff?: number
}

/** The hub's queue of jobs. Kinds are told before the start. */
export class Jobs {
  readonly timeZone: string
  readonly #options: JobsOptions
  readonly #workByKind = new Map<string, JobWork>()
  readonly #workerByKind = new Map<string, string>()
  readonly #stopping = new AbortController()
  /** Asked for before the start. */
  #early: { readonly kind: string; readonly key: string }[] = []
  #boss: PgBoss | null = null
  #mending: NodeJS.Timeout | undefined

  constructor(options: JobsOptions) {
    this.#options = options
    this.timeZone = options.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone
  }

  /** @param work done again from its beginning where a hub ended in its middle; what it throws is logged, and the job is over */
  define(kind: string, work: JobWork): void {
    this.#workByKind.set(kind, work)
  }

  /**
   * Makes or updates the tables, takes up what the last hub was cut off from, and begins to work.
   * @param schedules all there are; others of earlier versions or of what is gone end
   * @throws AppError `database.unavailable`
   */
  async start(schedules: readonly JobSchedule[]): Promise<void> {
    const { connection, log } = this.#options
    const boss = new PgBoss({
      ...toClientConfig(connection),
      max: maxConnections,
      schema: jobsSchema,
      cronWorkerIntervalSeconds: 5,
    } as never)
    boss.on('error', (error) =>
      log.warn({ event: 'jobs.failing', err: error }, 'The queue of jobs cannot use the database; it tries again'),
    )
    boss.on('warning', ({ message }) => log.debug({ event: 'jobs.warning', reason: message }, 'The queue of jobs warns'))
    try {
      await boss.start()
      this.#boss = boss
      for (const kind of this.#workByKind.keys()) await this.#open(boss, kind)
      await this.#schedule(boss, schedules)
      await mendTimes(boss.getDb())
      for (const { kind, key } of this.#early.splice(0)) await this.hurry(kind, key)
      for (const [kind, work] of this.#workByKind) await this.#work(boss, kind, work)
    } catch (error) {
      await boss.stop({ graceful: false }).catch(() => undefined) // The first error is the one that matters.
      throw asDatabaseError(error)
    }
    this.#mending = setInterval(() => {
      mendTimes(boss.getDb()).catch((error: unknown) =>
        log.warn({ event: 'jobs.failing', err: error }, 'The queue of jobs cannot use the database; it tries again'),
      )
    }, mendEveryMs).unref()
  }

  /** Asks for a job, to be done as soon as it is its turn. One that waits or works already stays as it is. */
  async hurry(kind: string, key: string): Promise<void> {
    if (this.#stopping.signal.aborted) return
    if (this.#boss === null) {
      this.#early.push({ kind, key })
      return
    }
    await this.#boss.send(kind, { key } satisfies JobData, { singletonKey: key })
    const worker = this.#workerByKind.get(kind)
    if (worker !== undefined) this.#boss.notifyWorker(worker)
  }

  /** Keys whose job of this kind waits or works. */
  async keysOf(kind: string): Promise<ReadonlySet<string>> {
    const jobs = (await this.#boss?.findJobs<JobData>(kind)) ?? []
    return new Set(jobs.filter(({ state }) => isOpen(state)).map(({ data }) => data.key))
  }

  /** When the clock brings a cron expression's next job. @param fromMs hub's clock */
  nextAtMs(cron: string, fromMs: number): number | null {
    const [next] = this.#boss?.previewSchedule(cron, { tz: this.timeZone, from: new Date(fromMs), count: 1 }) ?? []
    return next?.getTime() ?? null
  }

  /** Tells what works to end, and waits for it, but not for long: it begins again with the next start. Idempotent. */
  async stop(): Promise<void> {
    clearInterval(this.#mending)
    this.#stopping.abort()
    const boss = this.#boss
    this.#boss = null
    // A database that is gone already has no more to be told.
    await boss?.stop({ graceful: true, timeout: endWithinMs }).catch(() => undefined)
  }

  async #open(boss: PgBoss, kind: string): Promise<void> {
    const options = {
      // `exclusive`: one a key, waiting or working.
      policy: 'exclusive',
      expireInSeconds: longestSeconds,
      deleteAfterSeconds: keptSeconds,
      retryLimit: mostBeginnings,
      retryDelay: 60,
    }
    await boss.createQueue(kind, options)
    const { policy: _, ...changeable } = options
    await boss.updateQueue(kind, changeable)
    await this.#takeUp(boss, kind)
  }

  /** Nobody but this hub works on this database: what is said to be at work was cut off, and what waits for another try need not wait. */
  async #takeUp(boss: PgBoss, kind: string): Promise<void> {
    const { log } = this.#options
    const jobs = (await boss.findJobs<JobData>(kind)).filter(({ state }) => state === 'active' || state === 'retry')
    for (const { id, data } of jobs) {
      const cutOff = (data.cutOff ?? 0) + 1
      const isGivenUp = cutOff > mostBeginnings
      await inTransaction(boss, async (db) => {
        await boss.deleteJob(kind, id, { db })
        if (!isGivenUp) await boss.send(kind, { key: data.key, cutOff } satisfies JobData, { singletonKey: data.key, db })
      })
      if (isGivenUp)
        log.error({ event: 'job.given-up', operation: kind }, 'A job was cut off with the hub again and again; it waits for its next time')
      else log.info({ event: 'job.taken-up', operation: kind }, 'A job that was cut off with the hub begins again')
    }
  }

  /** One more, of what came while the hub works; before the start nothing, for that gets all. */
  async add(schedule: JobSchedule): Promise<void> {
    if (this.#boss !== null) await this.#scheduleOne(this.#boss, schedule)
  }

  async #schedule(boss: PgBoss, schedules: readonly JobSchedule[]): Promise<void> {
    const wanted = new Set(schedules.map(({ kind, key }) => `${kind}/${key}`))
    for (const { name, key } of await boss.getSchedules()) if (!wanted.has(`${name}/${key}`)) await boss.unschedule(name, key)
    for (const schedule of schedules) await this.#scheduleOne(boss, schedule)
  }

  async #scheduleOne(boss: PgBoss, { kind, key, cron }: JobSchedule): Promise<void> {
    await boss.schedule(kind, cron, { key } satisfies JobData, { key, singletonKey: key, tz: this.timeZone, missed: 'once' })
  }

  async #work(boss: PgBoss, kind: string, work: JobWork): Promise<void> {
    const { log } = this.#options
    const handle = async ([job]: Job<JobData>[]): Promise<void> => {
      if (job === undefined) return
      const signal = AbortSignal.any([this.#stopping.signal, job.signal])
      try {
        await work({ key: job.data.key, signal })
      } catch (error) {
        // Thrown on, it waits for the next start.
        if (this.#stopping.signal.aborted) throw error
        log.error({ event: 'job.failed', operation: kind, err: error }, 'A job did not come to its end')
      }
    }
    this.#workerByKind.set(kind, await boss.work<JobData>(kind, { pollingIntervalSeconds: lookEverySeconds }, handle))
  }
}

const isOpen = (state: string): boolean => state === 'created' || state === 'retry' || state === 'active'

type BossDatabase = ReturnType<PgBoss['getDb']>

async function inTransaction(boss: PgBoss, work: (db: BossDatabase) => Promise<void>): Promise<void> {
  const transaction = await boss.getDb().beginTransaction?.()
  if (transaction === undefined) return work(boss.getDb())
  try {
    await work(transaction.db)
    await transaction.commit()
  } catch (error) {
    await transaction.rollback()
    throw error
  }
}
