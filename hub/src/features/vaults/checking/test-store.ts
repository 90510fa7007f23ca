import { randomBytes, randomUUID } from 'node:crypto'
import { AppError, type ConnectionTest } from '@holdfast/shared-types'
import { trialPrefix } from '@holdfast/engine/format'
import type { ObjectStore } from '@holdfast/engine/store'
import { asAppError } from '../../../platform/http/as-app-error.ts'
import { ConnectionSteps } from '../../../platform/http/connection-steps.ts'
import { translateEngineError } from '../errors/translate-engine-error.ts'

/** More than fits beside an inode, so that space for data is really taken. */
const testBytes = 4096

export interface TestedPlace {
  /** @throws AppError with the folder's name where the vault is not there */
  readonly requireThere: () => Promise<void>
  /** What the store's disk has left; null where that is not known. */
  readonly freeBytes: () => Promise<number | null>
}

/**
 * Writes a small object, reads it back, finds it in a listing and deletes it. Never throws: the step that fails is named, with its cure.
 */
export async function testStore(store: ObjectStore, { requireThere, freeBytes }: TestedPlace): Promise<ConnectionTest> {
  const steps = new ConnectionSteps((error) => asAppError(translateEngineError(error)))
  const key = `${trialPrefix}${randomUUID()}`
  const content = randomBytes(testBytes)
  await steps.run('write', async () => {
    await requireThere()
    await store.put(key, content)
  })
  await steps.run('read', async () => {
    const read = await store.get(key)
    if (!content.equals(read)) throw new AppError('store.unavailable', { message: 'The store gives back other bytes than were written.' })
  })
  const listed = await steps.run('list', async () => {
    const keys: string[] = []
    for await (const object of store.list(trialPrefix)) keys.push(object.key)
    if (!keys.includes(key)) throw new AppError('store.unavailable', { message: 'The store does not list what was written.' })
    return keys
  })
  // Those of tests that were cut off go as well.
  await steps.run('delete', async () => {
    for (const found of listed ?? [key]) await store.delete(found)
    if ((await store.head(key)) !== null) throw new AppError('store.unavailable', { message: 'The store still has what was deleted.' })
  })
  if (!steps.ok) await store.delete(key).catch(() => false) // What failed has been told.
  const free = await steps.run('free-space', freeBytes)
  return { ok: steps.ok, steps: steps.steps, freeBytes: free ?? null }
}
