import { z } from 'zod'
import { adminCommand, type Feature } from '../../platform/http/define-feature.ts'
import type { HubServices } from '../../platform/services.ts'
import { createEnrolmentToken } from './create-enrolment-token.ts'
import { enrolAgent, type VaultsDoor } from './enrol-agent.ts'
import { deleteOldTokens } from './enrolment-tokens.queries.ts'

export interface EnrolmentDeps {
  readonly vaults: VaultsDoor
}

/** Tokens are kept this long after their end, to say who came in by them. */
const keepTokensMs = 30 * 86_400_000

/** `vault`: its id or name; null = the default one. */
const TokenWish = z.strictObject({ name: z.string().min(1).max(120).optional(), vault: z.string().nullable().default(null) })

export function createEnrolment(services: HubServices, { vaults }: EnrolmentDeps): Feature {
  const { hubId, database, domainEvents, live, log, now, origin } = services
  return {
    name: 'enrolment',
    routes: {
      createEnrolmentToken: async ({ actor, body: { name = null, vaultId = null } }) => {
        // One that lets nobody in is of no use.
        await vaults.placeFor(vaultId)
        return createEnrolmentToken({ database, now, origin }, { name, vaultId, createdBy: actor.name })
      },
      enrol: async ({ body }) => {
        const answer = await enrolAgent({ hubId, database, domainEvents, live, vaults, now }, body)
        log.info({ event: 'agent.enrolled', agentId: answer.agentId, version: body.version }, 'Device enrolled')
        return answer
      },
    },
    adminCommands: {
      'enrol-token.create': adminCommand(TokenWish, async ({ name, vault }) => {
        const { vaultId } = await vaults.placeFor(vault === null ? null : vaults.idOf(vault))
        return createEnrolmentToken({ database, now, origin }, { name: name ?? null, vaultId, createdBy: 'command line' })
      }),
    },
    async start() {
      await deleteOldTokens(database.em(), new Date(now() - keepTokensMs))
    },
  }
}
