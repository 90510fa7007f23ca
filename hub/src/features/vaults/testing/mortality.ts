import type { Database } from '../../../platform/database/database.ts'
import type { StoreWithHooks } from './store-with-hooks.ts'

/** What a hub that was killed in the middle of something throws at everybody. */
export class Killed extends Error {
  constructor(step: string) {
    super(`The hub was killed at ${step}`)
  }
}

/**
 * Kills a hub in process: at the step with a given number, and from then on nothing reaches the store or the database any more, as if its process were gone. Steps are
 * what is durable or may be: before and after each change of the store, and each transaction.
 */
export class Mortality {
  #left = Infinity
  #steps = 0
  #isDead = false
  /** Where it died. */
  diedAt: string | null = null
  /** Runs at every step: to let others go first. */
  pause: () => Promise<void> | void = () => undefined

  get steps(): number {
    return this.#steps
  }

  get isDead(): boolean {
    return this.#isDead
  }

  /** Dies at the `steps`-th from now on. */
  dieAfter(steps: number): void {
    this.#left = steps
  }

  async step(name: string): Promise<void> {
    await this.pause()
    this.#require(name)
    this.#steps++
    if (--this.#left > 0) return
    this.#isDead = true
    this.diedAt = name
    throw new Killed(name)
  }

  #require(name: string): void {
    if (this.#isDead) throw new Killed(name)
  }

  over(database: Database): Database {
    return {
      ...database,
      orm: database.orm,
      em: () => {
        this.#require('a query')
        return database.em()
      },
      transaction: async (work, how) => {
        await this.step('the begin of a transaction')
        const result = await database.transaction(async (em) => {
          const value = await work(em)
          // A dead hub commits nothing.
          await this.step('a commit')
          return value
        }, how)
        await this.step('the end of a transaction')
        return result
      },
    }
  }

  watch(store: StoreWithHooks): void {
    store.before = (step, key) => this.step(`${step} of ${key ?? 'a staged object'}`)
    store.after = (step, key) => (step === 'get' ? undefined : this.step(`the end of ${step} of ${key ?? 'a staged object'}`))
  }
}
