import { MeasurementId, type Topic } from '@holdfast/shared-types'
import type { UserActor } from '../../platform/http/actor.ts'
import { tellAudit } from '../../platform/audit/audit-scope.ts'
import type { Feature } from '../../platform/http/define-feature.ts'
import type { HubServices } from '../../platform/services.ts'
import { requireAgent } from '../agents/index.ts'
import { listHostEntries } from './list-host-entries.ts'
import { MeasurementDesk } from './measurement-desk.ts'

export interface Hosts {
  readonly feature: Feature
  /** The rule of `getMeasurement` for the topic of a measurement. @throws AppError `measurement.not-found` */
  requireTopic(actor: UserActor, topic: Topic): void
}

const sweepEveryMs = 5_000
const topicPrefix = 'measurement:'

/** The live view of what lies on devices. */
export function createHosts(services: HubServices): Hosts {
  const desk = new MeasurementDesk(services)
  let sweeping: NodeJS.Timeout | undefined
  const feature: Feature = {
    name: 'hosts',
    routes: {
      listHostEntries: ({ em, actor, params, query }) => listHostEntries(services, em, actor, { ...params, ...query }),
      startMeasurement: async ({ em, actor, params, body }) => {
        const { id, name } = await requireAgent(em, actor, params.agentId)
        tellAudit({ object: { kind: 'device', id, name } })
        return desk.start(actor, params.agentId, body)
      },
      getMeasurement: async ({ actor, params }) => desk.get(actor, params.measurementId, params.agentId),
      cancelMeasurement: async ({ actor, params }) => {
        await desk.cancel(actor, params.measurementId, params.agentId)
        return {}
      },
    },
    agentReports: { 'host.measured': async ({ agentId, body }) => ({ goOn: desk.take(agentId, body) }) },
    agentLink: {
      // Of a link that a newer one replaced nothing else is heard.
      async onHello(_, agentId) {
        desk.unlinked(agentId)
        return []
      },
      onUnlinked: async (agentId) => desk.unlinked(agentId),
    },
    async start() {
      sweeping = setInterval(() => void desk.sweep(), sweepEveryMs).unref()
    },
    async stop() {
      clearInterval(sweeping)
    },
  }
  return {
    feature,
    requireTopic(actor, topic) {
      if (topic.startsWith(topicPrefix)) desk.get(actor, MeasurementId.parse(topic.slice(topicPrefix.length)))
    },
  }
}
