import type { Topic } from '@holdfast/shared-types'
import type { AuditTrail } from '../platform/audit/audit-trail.ts'
import type { UserActor } from '../platform/http/actor.ts'
import type { HttpServer } from '../platform/http/http-server.ts'
import type { ActorResolver, IdentitySource } from '../platform/http/resolve-actor.ts'
import type { RequestLimits } from '../platform/limits/request-limits.ts'
import { createAgentGate } from '../platform/realtime/agent-gate.ts'
import type { AgentLinkRegistry } from '../platform/realtime/agent-links.ts'
import { attachAgentNamespace } from '../platform/realtime/agent-namespace.ts'
import { createSocketServer } from '../platform/realtime/socket-server.ts'
import { attachUiNamespace } from '../platform/realtime/ui-namespace.ts'
import type { HubServices } from '../platform/services.ts'
import type { WiredFeatures } from './features.ts'

export interface SocketParts {
  readonly services: HubServices & { readonly agentLinks: AgentLinkRegistry }
  readonly wired: WiredFeatures
  readonly identities: IdentitySource
  readonly actors: ActorResolver
  readonly audit: AuditTrail
  readonly limits: RequestLimits
  readonly http: HttpServer
  readonly hubVersion: string
  readonly checkAnswers: boolean
}

export interface OpenSockets {
  cutEndedSignIns(): Promise<void>
  /** Ends every link; resolves when nothing that came over one is under way. */
  close(): Promise<void>
}

/** Both namespaces on the hub's HTTP server. */
export function openSockets(parts: SocketParts): OpenSockets {
  const { services, wired, identities, actors, audit, limits, http, hubVersion, checkAnswers } = parts
  const { config, log, database, hubId, now, agentLinks, feeds, domainEvents, origin } = services
  const features = wired.list
  const io = createSocketServer(http.server, origin)
  const gate = createAgentGate({ features, log, newEntityManager: () => database.em(), checkAnswers })
  const agents = attachAgentNamespace({ io, hubId, hubVersion, features, identities, links: agentLinks, gate, database, log, now })
  const access = {
    requireTopic: (actor: UserActor, topic: Topic) => wired.runs.requireTopic(actor, topic),
    endedAmong: async (actors: readonly UserActor[]) =>
      new Set([...(await wired.auth.endedAmong(actors)), ...(await wired.apiTokens.endedAmong(actors))]),
  }
  const ui = attachUiNamespace({ io, actors, feeds, access, audit, limits, domainEvents, log, trustProxy: config.trustProxy })
  return {
    cutEndedSignIns: () => ui.cutEndedSignIns(),
    async close() {
      await agents.close()
      io.disconnectSockets(true)
      io.engine.close()
    },
  }
}
