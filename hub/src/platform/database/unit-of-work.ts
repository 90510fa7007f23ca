import { AppError } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'

/** What is to happen around the commit of one transaction. */
interface UnitOfWork {
  readonly beforeCommit: (() => Promise<void>)[]
  readonly afterCommit: (() => void | Promise<void>)[]
  readonly afterRollback: (() => void)[]
}

const unitByManager = new WeakMap<EntityManager, UnitOfWork>()

export function openUnit(em: EntityManager): UnitOfWork {
  const unit: UnitOfWork = { beforeCommit: [], afterCommit: [], afterRollback: [] }
  unitByManager.set(em, unit)
  return unit
}

export async function runBeforeCommit(unit: UnitOfWork): Promise<void> {
  // By index: a hook may add another one.
  for (let i = 0; i < unit.beforeCommit.length; i++) await unit.beforeCommit[i]?.()
}

function unitOf(em: EntityManager): UnitOfWork {
  const unit = unitByManager.get(em)
  if (unit === undefined)
    throw new AppError('internal', {
      message: 'This change must be made inside of Database.transaction, with the EntityManager that it hands over.',
    })
  return unit
}

/** Runs `hook` as the last thing inside of the transaction of `em`: for rows that many writers share, locked as shortly as can be. */
export function beforeCommit(em: EntityManager, hook: () => Promise<void>): void {
  unitOf(em).beforeCommit.push(hook)
}

/**
 * Runs `hook` once the transaction of `em` is committed, before `Database.transaction` returns; never after a rollback.
 * What it throws is logged: the change is made already.
 */
export function afterCommit(em: EntityManager, hook: () => void | Promise<void>): void {
  unitOf(em).afterCommit.push(hook)
}

/** Runs `hook` when the transaction of `em` was rolled back, and may be made again. Must not throw. */
export function afterRollback(em: EntityManager, hook: () => void): void {
  unitOf(em).afterRollback.push(hook)
}
