import { randomUUID } from 'node:crypto'
import { HubId } from '@holdfast/shared-types'
import type { Database } from '../../platform/database/database.ts'
import { HubIdentityEntity } from './hub-identity.entity.ts'

/** The hub's id: made with its database and never changed, for agents sign it. */
export function readHubId(database: Database, now: () => number): Promise<HubId> {
  return database.transaction(async (em) => {
    const [known] = await em.findAll(HubIdentityEntity, { limit: 1 })
    if (known) return known.hubId
    const hubId = HubId.parse(randomUUID())
    em.create(HubIdentityEntity, { singleton: true, hubId, createdAt: new Date(now()) })
    await em.flush()
    return hubId
  })
}
