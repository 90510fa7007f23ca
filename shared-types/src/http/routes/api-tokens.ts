import { z } from 'zod'
import { ApiToken, TokenScope } from '../../model/api-token.ts'
import { ApiTokenId } from '../../primitives/ids.ts'
import { route, type RouteContract } from '../route.ts'
import { Empty, list, v1 } from './parts.ts'

const ofToken = z.object({ tokenId: ApiTokenId })

export const apiTokensRoutes = {
  listMyTokens: route({
    method: 'get',
    path: `${v1}/me/tokens`,
    summary: 'Your API tokens, newest first',
    tag: 'API tokens',
    actor: 'user',
    response: list(ApiToken),
  }),

  createMyToken: route({
    method: 'post',
    path: `${v1}/me/tokens`,
    summary: 'Make an API token; it is shown in this answer and never again',
    tag: 'API tokens',
    actor: 'user',
    body: z.strictObject({
      name: z.string().trim().min(1).max(120),
      scope: TokenScope.default('read'),
      expiresInDays: z.int().min(1).max(3650).nullable().default(365).describe('Null: does not expire'),
    }),
    response: z.object({ token: z.string(), apiToken: ApiToken }),
    status: 201,
  }),

  revokeMyToken: route({
    method: 'delete',
    path: `${v1}/me/tokens/{tokenId}`,
    summary: 'Revoke one of your API tokens',
    tag: 'API tokens',
    actor: 'user',
    params: ofToken,
    response: Empty,
  }),

  listTokens: route({
    method: 'get',
    path: `${v1}/tokens`,
    summary: 'API tokens of everybody, newest first',
    tag: 'API tokens',
    actor: 'user',
    response: list(ApiToken),
  }),

  revokeToken: route({
    method: 'delete',
    path: `${v1}/tokens/{tokenId}`,
    summary: 'Revoke anybody\u2019s API token',
    tag: 'API tokens',
    actor: 'user',
    params: ofToken,
    response: Empty,
  }),
} as const satisfies Record<string, RouteContract>
