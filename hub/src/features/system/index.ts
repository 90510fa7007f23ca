import { HubIdentityEntity } from './hub-identity.entity.ts'

export const systemEntities = [HubIdentityEntity] as const
export { readHubId } from './hub-identity.ts'
export { createSystem } from './create-system.ts'
