import { AppError } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { RunsState } from './runs-state.ts'
import { isQueueRace } from './runs.queries.ts'

/**
 * A transaction that may put a run into a queue, or take one out. Who has lost a race for the one place there is looks again, and finds
 * what the other one has put there.
 *
 * @throws AppError `run.already-active` where it loses every time
 */
export async function queueTransaction<T>({ database }: Pick<RunsState, 'database'>, work: (em: EntityManager) => Promise<T>): Promise<T> {
  try {
    return await database.transaction(work, { repeatsOn: isQueueRace })
  } catch (error) {
    throw isQueueRace(error) ? new AppError('run.already-active', { cause: error }) : error
  }
}
