import { HubIdentityEntity } from './hub-identity.entity.ts'

export const systemEntities = [HubIdentityEntity] as const
