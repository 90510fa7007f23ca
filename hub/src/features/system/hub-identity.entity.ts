import type { HubId } from '@holdfast/shared-types'
import { defineEntity, p } from '@mikro-orm/core'

/** Who this hub is, for as long as its database lives; agents sign it into every hello. One row. */
export const HubIdentityEntity = defineEntity({
  name: 'HubIdentity',
  tableName: 'hub_identity',
  properties: {
    singleton: p.boolean().primary().check('singleton'),
    hubId: p.uuid().$type<HubId>(),
    createdAt: p.datetime(3),
  },
})
