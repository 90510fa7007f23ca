import type { AgentId, RunOutcome } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { z } from 'zod'
import { adminCommand, type Feature } from '../../platform/http/define-feature.ts'
import type { AgentIdentity, IdentitySource } from '../../platform/http/resolve-actor.ts'
import { linkEndedBy } from '../../platform/realtime/agent-link.ts'
import type { HubServices } from '../../platform/services.ts'
import { presentDevice } from './agents.present.ts'
import { countAgents, findAgent, listAgentRows, requireAgentRow } from './agents.queries.ts'
import { noteHello, noteNobodyLinked, noteProof, noteRunOutcome, noteSnapshot, noteUnlinked } from './device-changes.ts'
import { findNamedDevice, removeDevice, revokeDevice, type DeviceDeps, type DeviceDoors } from './revoke-device.ts'
import { takeOnAgents, type AgentToTakeOn, type LastSeenHost, type TakenOn } from './take-on-agents.ts'
import { createLimitsTeller } from './tell-limits.ts'
import { updateDevice } from './update-device.ts'

export interface AgentsDeps extends DeviceDoors {
  /** When each device's newest snapshot was committed; asked once at start. */
  newestSnapshots(em: EntityManager): Promise<ReadonlyMap<AgentId, number>>
  /** Agents as the vaults vouch for them: all, or those that were cut off. Asked once at start. */
  registeredAgents(which: 'all' | 'revoked'): Promise<AgentToTakeOn[]>
  /** What the newest snapshot of each device says of its host. */
  lastSeenHosts(em: EntityManager): Promise<ReadonlyMap<AgentId, LastSeenHost>>
  /** How each device's newest finished run ended; asked once at start. */
  lastOutcomes(em: EntityManager): Promise<ReadonlyMap<AgentId, RunOutcome>>
  /** When each device, or one, last proved that its backups can be read back. */
  lastProofs(em: EntityManager, agentId: AgentId | null): Promise<ReadonlyMap<AgentId, number>>
}

export interface Agents extends Pick<IdentitySource, 'findAgentIdentity'> {
  readonly feature: Feature
}

export function createAgents(services: HubServices, deps: AgentsDeps): Agents {
  const { database, live, agentLinks, domainEvents, log, now } = services
  domainEvents.on('snapshot.committed', ({ agentId, createdAtMs }) =>
    database.transaction((em) => noteSnapshot(em, live, agentId, new Date(createdAtMs))),
  )
  domainEvents.on('run.finished', ({ agentId, state }) =>
    database.transaction(async (em) => {
      await noteRunOutcome(em, live, agentId, state)
      for (const [, provedAtMs] of await deps.lastProofs(em, agentId)) await noteProof(em, live, agentId, new Date(provedAtMs))
    }),
  )
  domainEvents.on('agent.revoked', ({ agentId }) => agentLinks.end(agentId, linkEndedBy('agent.revoked')))

  const devices: DeviceDeps = { database, live, domainEvents, now, doors: deps }
  const limits = createLimitsTeller(services)
  const feature: Feature = {
    name: 'agents',
    routes: {
      listDevices: async ({ em, actor }) => ({ items: (await listAgentRows(em, actor)).map(presentDevice) }),
      getDevice: async ({ em, actor, params }) => presentDevice(await requireAgentRow(em, actor, params.agentId)),
      updateDevice: ({ actor, params, body }) => updateDevice({ database, live, limits }, actor, params.agentId, body),
      revokeDevice: ({ actor, params }) => revokeDevice(devices, params.agentId, actor.name),
      removeDevice: async ({ params }) => {
        await removeDevice(devices, params.agentId)
        return {}
      },
    },
    adminCommands: {
      'device.revoke': adminCommand(z.strictObject({ device: z.string().min(1).max(200) }), async ({ device }, em) =>
        revokeDevice(devices, await findNamedDevice(em, device), 'the command line'),
      ),
    },
    agentLink: {
      async onHello(em, agentId, hello) {
        await noteHello(em, live, agentId, { hello, at: new Date(now()) })
        return []
      },
      onLinked: (agentId) => limits.tell(agentId),
      onUnlinked: (agentId) =>
        database.transaction((em) =>
          noteUnlinked(em, live, agentId, { at: new Date(now()), isLinkedAgain: () => agentLinks.hasLink(agentId) }),
        ),
    },
    start: () =>
      database.transaction(async (em) => {
        const { added, revoked } = await takeOnFromVaults(em, deps)
        if (added + revoked > 0)
          log.warn({ event: 'agents.taken-on', agents: added, revoked }, 'Devices were brought back, or cut off, as their vault says')
        await noteNobodyLinked(em, live)
        // What became true while a crash kept the event from being heard.
        for (const [agentId, outcome] of await deps.lastOutcomes(em)) await noteRunOutcome(em, live, agentId, outcome)
        for (const [agentId, provedAtMs] of await deps.lastProofs(em, null)) await noteProof(em, live, agentId, new Date(provedAtMs))
        for (const [agentId, committedAtMs] of await deps.newestSnapshots(em))
          await noteSnapshot(em, live, agentId, new Date(committedAtMs))
      }),
  }
  return { feature, findAgentIdentity: (agentId) => findIdentity(database.em(), agentId) }
}

/** A database that is new knows nobody; one that was put back from a copy does not know who was cut off since. */
async function takeOnFromVaults(em: EntityManager, deps: AgentsDeps): Promise<TakenOn> {
  const isNew = (await countAgents(em)) === 0
  const registered = await deps.registeredAgents(isNew ? 'all' : 'revoked')
  return takeOnAgents(em, registered, isNew && registered.length > 0 ? await deps.lastSeenHosts(em) : new Map())
}

async function findIdentity(em: EntityManager, agentId: AgentId): Promise<AgentIdentity | null> {
  const agent = await findAgent(em, agentId)
  return agent && { agentId: agent.id, name: agent.name, signPublicKey: agent.signPublicKey, isRevoked: agent.revokedAt !== null }
}
