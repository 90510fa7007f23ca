import { AnyEnvelope, AppError, errorFacts, protocolVersion, toWireError, type AckEnvelope, type AgentId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { asAppError } from '../http/as-app-error.ts'
import { agentToHub, type AgentMessage, type AgentToHubType, type Feature } from '../http/define-feature.ts'
import { logScope } from '../logging/log-scope.ts'
import type { Logger } from '../logging/logger.ts'
import { createAnsweredMessages } from './answered-messages.ts'

export interface AgentGateOptions {
  readonly features: readonly Feature[]
  readonly log: Logger
  readonly newEntityManager: () => EntityManager
  readonly checkAnswers: boolean
}

/** Takes one raw message of a proven agent and gives its acknowledgement; never throws. */
export type AgentGate = (agentId: AgentId, raw: unknown) => Promise<AckEnvelope>

type AnyHandler = (message: AgentMessage<AgentToHubType>) => Promise<unknown>

/*
 * A repeated sample is stale by nature, and a repeated question of `session.have` is answered anew: keeping 98 KiB for each
 * of thousands would be the largest thing in the hub's memory.
 */
const answeredAnew: ReadonlySet<string> = new Set<AgentToHubType>(['run.progress', 'host.measured', 'session.have'])

const isKnownType = (type: string): type is AgentToHubType => Object.hasOwn(agentToHub, type)

/**
 * The edge of the agent protocol: envelope → schema of its type → the feature that handles it → acknowledgement.
 *
 * @throws AppError `internal` when a message of the contract has no handler, or two
 */
export function createAgentGate({ features, log, newEntityManager, checkAnswers }: AgentGateOptions): AgentGate {
  const handlers = handlersOf(features)
  const answered = createAnsweredMessages()

  const handle = async (agentId: AgentId, envelope: AnyEnvelope, type: AgentToHubType): Promise<AckEnvelope> => {
    const body = agentToHub[type].body.safeParse(envelope.body)
    if (!body.success)
      return refuse(new AppError('protocol.invalid-message', { message: `A message of type ${type} does not match the protocol.` }))
    const handler = handlers.get(type)
    if (handler === undefined) return refuse(unsupported(type))
    const result = await handler({ agentId, body: body.data, em: newEntityManager() })
    return { ok: true, body: checkAnswers ? agentToHub[type].ack.parse(result) : result }
  }

  const answer = async (agentId: AgentId, raw: unknown): Promise<AckEnvelope> => {
    const parsed = AnyEnvelope.safeParse(raw)
    if (!parsed.success) return refuse(new AppError('protocol.invalid-message'))
    const envelope = parsed.data
    if (envelope.v !== protocolVersion)
      return refuse(new AppError('protocol.unsupported', { message: `This hub does not speak message version ${envelope.v}.` }))
    const { type } = envelope
    if (!isKnownType(type)) return refuse(unsupported(type))
    const work = () =>
      logScope.run(scopeOf(agentId, envelope), () => handle(agentId, envelope, type).catch((error: unknown) => failed(log, type, error)))
    return answeredAnew.has(type) ? work() : answered.once(`${agentId}/${envelope.id}`, work)
  }
  return answer
}

const scopeOf = (agentId: AgentId, envelope: AnyEnvelope) => ({
  agentId,
  ...(envelope.correlationId === undefined ? {} : { correlationId: envelope.correlationId }),
})

const unsupported = (type: string) =>
  new AppError('protocol.unsupported', { message: `This hub does not know messages of type ${type}.`, cure: 'Update the hub.' })

const refuse = (error: AppError): AckEnvelope => ({ ok: false, error: toWireError(error) })

function failed(log: Logger, messageType: string, thrown: unknown): AckEnvelope {
  const error = asAppError(thrown)
  if (error.code === 'internal')
    log.error({ event: 'message.crashed', messageType, err: thrown }, 'Message of an agent ended in an unexpected error')
  else log[errorFacts(error.code).log]({ event: 'message.refused', messageType, code: error.code }, 'Message of an agent refused')
  return refuse(error)
}

function handlersOf(features: readonly Feature[]): Map<AgentToHubType, AnyHandler> {
  const handlers = new Map<AgentToHubType, AnyHandler>()
  const problems: string[] = []
  for (const feature of features) {
    for (const [type, handler] of Object.entries(feature.agentReports ?? {}) as [AgentToHubType, AnyHandler][]) {
      if (handlers.has(type)) problems.push(`${type} has a second handler in ${feature.name}`)
      handlers.set(type, handler)
    }
  }
  for (const type of Object.keys(agentToHub) as AgentToHubType[]) if (!handlers.has(type)) problems.push(`${type} has no handler`)
  if (problems.length > 0)
    throw new AppError('internal', {
      message: `The agent protocol is not whole: ${problems.join(', ')}.`,
      cure: 'List the feature in wiring/features.ts.',
    })
  return handlers
}
