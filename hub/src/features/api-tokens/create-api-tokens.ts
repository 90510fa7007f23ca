import { AppError, TokenScope, type UserId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { z } from 'zod'
import type { UserActor } from '../../platform/http/actor.ts'
import { adminCommand, type Feature } from '../../platform/http/define-feature.ts'
import type { IdentitySource } from '../../platform/http/resolve-actor.ts'
import type { HubServices } from '../../platform/services.ts'
import { findUserByEmail, listUserRows } from '../users/index.ts'
import { presentApiToken } from './api-tokens.present.ts'
import { listApiTokenRows, livingTokenIds, useApiToken } from './api-tokens.queries.ts'
import { createApiToken, hashApiToken } from './create-api-token.ts'
import { revokeApiToken } from './revoke-api-token.ts'

export interface ApiTokens extends Pick<IdentitySource, 'findApiToken'> {
  readonly feature: Feature
  /** Those of the given people whose API token holds no more. */
  endedAmong(actors: readonly UserActor[]): Promise<ReadonlySet<UserActor>>
}

const CommandInput = z.strictObject({
  email: z.string().min(1).max(320),
  name: z.string().trim().min(1).max(120),
  scope: TokenScope,
  expiresInDays: z.int().min(1).max(3650).nullable(),
})

export function createApiTokens(services: HubServices): ApiTokens {
  const { database, now } = services
  return {
    feature: {
      name: 'api-tokens',
      routes: {
        listMyTokens: async ({ em, actor }) => ({ items: await list(em, actor.userId) }),
        createMyToken: ({ actor, body }) => createApiToken(services, actor.userId, body),
        revokeMyToken: async ({ actor, params }) => {
          await revokeApiToken(services, params.tokenId, actor.userId)
          return {}
        },
        listTokens: async ({ em }) => ({ items: await list(em, null) }),
        revokeToken: async ({ params }) => {
          await revokeApiToken(services, params.tokenId, null)
          return {}
        },
      },
      adminCommands: {
        'token.create': adminCommand(CommandInput, async ({ email, ...wanted }, em) => {
          const user = await findUserByEmail(em, email)
          if (user === null) throw new AppError('account.not-found')
          return createApiToken(services, user.id, wanted)
        }),
      },
    },
    async findApiToken(token, address) {
      const living = await useApiToken(database.em(), hashApiToken(token), address, now())
      if (living === null) return null
      const { row, user } = living
      return { kind: 'user', userId: user.id, name: user.name, role: user.role, signInId: null, token: { id: row.id, scope: row.scope } }
    },
    async endedAmong(actors) {
      const held = actors.flatMap(({ token }) => (token === undefined || token === null ? [] : [token.id]))
      const living = await livingTokenIds(database.em(), [...new Set(held)], now())
      return new Set(actors.filter(({ token }) => token !== undefined && token !== null && !living.has(token.id)))
    },
  }
}

async function list(em: EntityManager, userId: UserId | null) {
  const names = new Map((await listUserRows(em)).map((user) => [user.id, user.name]))
  return (await listApiTokenRows(em, userId)).map((row) => presentApiToken(row, names.get(row.userId) ?? ''))
}
