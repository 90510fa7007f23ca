import { randomUUID } from 'node:crypto'
import { HubId } from '@holdfast/shared-types'
import type { Database } from '../../platform/database/database.ts'
import { HubIdentityEntity } from './hub-identity.entity.ts'

/**
 * The hub's id: made with its database and never changed, for agents sign it.
 * @param findLost asked where the database is new: who the hub was whose vaults these are; null = nobody
 */
export async function readHubId(database: Database, now: () => number, findLost: () => Promise<HubId | null>): Promise<HubId> {
  const [one] = await database.em().findAll(HubIdentityEntity, { limit: 1 })
  if (one) return one.hubId
  const hubId = (await findLost()) ?? HubId.parse(randomUUID())
  return database.transaction(async (em) => {
    const [known] = await em.findAll(HubIdentityEntity, { limit: 1 })
    if (known) return known.hubId
    em.create(HubIdentityEntity, { singleton: true, hubId, createdAt: new Date(now()) })
    await em.flush()
    return hubId
  })
}
