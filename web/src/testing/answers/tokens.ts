import { anUuid, day } from '../world.ts'
import type { AnswerParts, Answers } from './answers.ts'

export const tokensAnswers = ({ world }: AnswerParts): Answers => {
  const revoke = (tokenId: string) => {
    world.tokens = world.tokens.map((token) => (token.id === tokenId ? { ...token, revokedAtMs: Date.now() } : token))
    return {}
  }
  return {
    listMyTokens: () => ({ items: world.tokens.filter(({ ownerId }) => ownerId === world.user.id) }),
    listTokens: () => ({ items: world.tokens }),
    createMyToken({ body }) {
      const apiToken = {
        id: anUuid<(typeof world.tokens)[number]['id']>(),
        name: body.name,
        scope: body.scope,
        ownerId: world.user.id,
        ownerName: world.user.name,
        beginsWith: 'hft_Qm3x',
        createdAtMs: Date.now(),
        expiresAtMs: body.expiresInDays === null ? null : Date.now() + body.expiresInDays * day,
        lastUsedAtMs: null,
        lastUsedAddress: null,
        revokedAtMs: null,
      }
      world.tokens.unshift(apiToken)
      return { token: 'hft_Qm3xV0t4mWcZk2RrJ9sLd8PaEuBfXgQ5oTiV6yAH3nq7x1', apiToken }
    },
    revokeMyToken: ({ params }) => revoke(params.tokenId),
    revokeToken: ({ params }) => revoke(params.tokenId),
  }
}
