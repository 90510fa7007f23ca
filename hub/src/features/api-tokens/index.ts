import { ApiTokenEntity } from './api-token.entity.ts'

export const apiTokenEntities = [ApiTokenEntity] as const
export { createApiTokens, type ApiTokens } from './create-api-tokens.ts'
