import type { EntityManager } from '@mikro-orm/postgresql'
import type { Database } from '../../../platform/database/database.ts'
import { SharedBudget } from './shared-budget.ts'

/*
 * A step of a collection holds its lock alone, for seconds in a large vault, and whoever waits for it holds one of the pool's 20 connections (platform/database). 8 leave 12 for everything else, and are more
 * than a disk writes at a time: between two steps they hold up nobody.
 */
const mostAtOnce = 8

/**
 * Transactions for devices that take the lock of a collection shared, of all vaults: a fleet that begins during a step waits here, without a connection. Never inside of one another, nor inside of any other
 * transaction: who holds a place waits for the database alone.
 */
export class BesideCollections {
  readonly #database: Database
  readonly #places = new SharedBudget(mostAtOnce)

  constructor(database: Database) {
    this.#database = database
  }

  /** @param work calls `lockCollection` itself, when it is its turn */
  transaction<T>(work: (em: EntityManager) => Promise<T>): Promise<T> {
    return this.#places.during(1, () => this.#database.transaction(work))
  }
}
