import { agentCapabilities, AppError, type AgentId, type HostPage, type WirePath } from '@holdfast/shared-types'
import { decodeUtf8Lossy, isValidUtf8 } from '@holdfast/engine/bytes'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { UserActor } from '../../platform/http/actor.ts'
import type { HubServices } from '../../platform/services.ts'
import { requireAgent } from '../agents/index.ts'

export interface HostQuery {
  readonly path?: string | undefined
  /** base64url */
  readonly pathBase64?: string | undefined
  readonly after?: string | undefined
  readonly limit: number
}

/**
 * One part of a folder of a device, asked over its link. The device itself gives up after 8 s.
 *
 * @throws AppError `agent.not-found`, `agent.offline`, `agent.outdated`, or what the device says: `host.*`, `source.*`
 */
export async function listHostEntries(
  { agentLinks }: Pick<HubServices, 'agentLinks'>,
  em: EntityManager,
  actor: UserActor,
  { agentId, ...query }: HostQuery & { readonly agentId: AgentId },
): Promise<HostPage> {
  await requireAgent(em, actor, agentId)
  agentLinks.requireCapability(agentId, agentCapabilities.listHost)
  return agentLinks.send(agentId, 'host.list', { path: wirePathOf(query), after: query.after ?? null, limit: query.limit })
}

/** @throws AppError `request.invalid` for an empty path */
function wirePathOf({ path, pathBase64 }: HostQuery): WirePath | null {
  if (path === undefined && pathBase64 === undefined) return null
  const bytes = pathBase64 === undefined ? Buffer.from(path ?? '', 'utf8') : Buffer.from(pathBase64, 'base64url')
  if (bytes.length === 0) throw new AppError('request.invalid', { message: 'The path is empty.', cure: 'Leave it out to see the roots.' })
  const text = decodeUtf8Lossy(bytes)
  return isValidUtf8(bytes) ? { path: text } : { path: text, pathBase64: bytes.toString('base64') }
}
