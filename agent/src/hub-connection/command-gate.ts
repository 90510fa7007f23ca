import {
  AnyEnvelope,
  AppError,
  hubCommands,
  toWireError,
  type AckEnvelope,
  type AckOf,
  type BodyOf,
  type HubCommandType,
} from '@holdfast/shared-types'
import type { Discretion } from '../discretion/discretion.ts'
import { toAppError } from '../errors/to-app-error.ts'

/** What this agent does for each command of the hub: a new command without a line here does not compile. */
export type CommandHandlers = {
  readonly [T in HubCommandType]: (body: BodyOf<typeof hubCommands, T>) => Promise<AckOf<typeof hubCommands, T>>
}

/** Answers kept for repeats: a hub repeats a command within seconds, not after a thousand others. */
const rememberedAnswers = 1000
/** A folder is read anew: the hub does not repeat the question, and its answer may have 400 KB. */
const answeredAnew: ReadonlySet<string> = new Set<HubCommandType>(['host.list'])

/** The edge where the hub's commands come in: checked, done once per id, and answered, whatever happens. */
export class CommandGate {
  readonly #handlers: CommandHandlers
  readonly #discretion: Pick<Discretion, 'answer'>
  readonly #answers = new Map<string, Promise<AckEnvelope>>()

  constructor(handlers: CommandHandlers, discretion: Pick<Discretion, 'answer'>) {
    this.#handlers = handlers
    this.#discretion = discretion
  }

  async handle(raw: unknown): Promise<AckEnvelope> {
    const envelope = AnyEnvelope.safeParse(raw)
    if (!envelope.success) return refused(new AppError('protocol.invalid-message'))
    const { id, type } = envelope.data
    const known = this.#answers.get(id)
    if (known !== undefined) return known
    const answer = this.#run(envelope.data)
      .catch((error: unknown) => refused(toAppError(error)))
      .then((said) => this.#discretion.answer(type, said))
    if (answeredAnew.has(type)) return answer
    this.#answers.set(id, answer)
    const oldest = this.#answers.keys().next()
    if (this.#answers.size > rememberedAnswers && oldest.done !== true) this.#answers.delete(oldest.value)
    return answer
  }

  async #run({ type, v, body }: AnyEnvelope): Promise<AckEnvelope> {
    if (v !== 1 || !isCommandType(type))
      throw new AppError('protocol.unsupported', { message: `This agent does not know the command ${type}.`, cure: 'Update the agent.' })
    return { ok: true, body: await this.#call(type, body) }
  }

  #call<T extends HubCommandType>(type: T, body: unknown): Promise<AckOf<typeof hubCommands, T>> {
    const parsed = hubCommands[type].body.safeParse(body)
    if (!parsed.success)
      throw new AppError('protocol.invalid-message', { message: `The hub\u2019s command ${type} does not match the protocol.` })
    const handler: CommandHandlers[T] = this.#handlers[type]
    return handler(parsed.data as BodyOf<typeof hubCommands, T>)
  }
}

const isCommandType = (type: string): type is HubCommandType => Object.hasOwn(hubCommands, type)
const refused = (error: AppError): AckEnvelope => ({ ok: false, error: toWireError(error) })
