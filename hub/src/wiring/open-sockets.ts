import type { Topic } from '@holdfast/shared-types'
import type { UserActor } from '../platform/http/actor.ts'
import type { HttpServer } from '../platform/http/http-server.ts'
import type { ActorResolver, IdentitySource } from '../platform/http/resolve-actor.ts'
import { createAgentGate } from '../platform/realtime/agent-gate.ts'
import type { AgentLinkRegistry } from '../platform/realtime/agent-links.ts'
import { attachAgentNamespace } from '../platform/realtime/agent-namespace.ts'
import { createSocketServer } from '../platform/realtime/socket-server.ts'
import { attachUiNamespace } from '../platform/realtime/ui-namespace.ts'
import type { HubServices } from '../platform/services.ts'
import type { WiredFeatures } from './features.ts'
import type { Guards } from './make-guards.ts'

export interface SocketParts {
  readonly services: HubServices & { readonly agentLinks: AgentLinkRegistry }
  readonly wired: WiredFeatures
  readonly identities: IdentitySource
  readonly actors: ActorResolver
  readonly guards: Guards
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
export function openSockets({ services, wired, identities, actors, guards, http, hubVersion, checkAnswers }: SocketParts): OpenSockets {
  const { config, log, database, hubId, now, agentLinks, feeds, domainEvents, origin } = services
  const features = wired.list
  const io = createSocketServer(http.server, { publicOrigin: origin, leaseMs: services.config.leaseMs })
  const gate = createAgentGate({ features, log, newEntityManager: () => database.em(), checkAnswers })
  const agents = attachAgentNamespace({ io, hubId, hubVersion, features, identities, links: agentLinks, gate, database, log, now })
  const access = {
    async requireTopic(actor: UserActor, topic: Topic) {
      wired.hosts.requireTopic(actor, topic)
      await wired.runs.requireTopic(actor, topic)
    },
    endedAmong: async (held: readonly UserActor[]) =>
      new Set([...(await wired.auth.endedAmong(held)), ...(await wired.apiTokens.endedAmong(held))]),
  }
  const ui = attachUiNamespace({ io, actors, feeds, access, ...guards, domainEvents, log, trustProxy: config.trustProxy })
  return {
    cutEndedSignIns: () => ui.cutEndedSignIns(),
    async close() {
      await agents.close()
      io.disconnectSockets(true)
      io.engine.close()
    },
  }
}
