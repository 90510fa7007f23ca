import { AppError, hubCommands, toWireError, type AckEnvelope, type AckOf, type HubCommandType } from '@holdfast/shared-types'
import { namelessError } from './nameless-error.ts'

type Rules = { readonly [T in HubCommandType]: ((answer: AckOf<typeof hubCommands, T>) => AckOf<typeof hubCommands, T>) | null }

const notNow = 'The device does not take the run now. The log on the device says why.'

/** Of every answer to a command what cannot hold a name; null: nothing of it can be told. */
const rules: Rules = {
  'run.offer': ({ accepted, reason }) => ({ accepted, ...(reason === undefined ? {} : { reason: notNow }) }),
  'run.cancel': ({ known }) => ({ known }),
  'run.pause': ({ known }) => ({ known }),
  'host.list': null,
  'host.measure': () => ({}),
  'host.stop-measuring': ({ known }) => ({ known }),
  'device.set-limits': () => ({}),
}

/** @param type of the command, as it came */
export function namelessAnswer(type: string, answer: AckEnvelope): AckEnvelope {
  if (!answer.ok) return { ok: false, error: namelessError(answer.error.code) }
  return isCommand(type) ? namelessBody(type, answer.body) : refusal
}

function namelessBody<T extends HubCommandType>(type: T, body: unknown): AckEnvelope {
  const rule: Rules[T] = rules[type]
  const said = hubCommands[type].ack.safeParse(body)
  if (rule === null || !said.success) return refusal
  return { ok: true, body: rule(said.data as AckOf<typeof hubCommands, T>) }
}

const refusal: AckEnvelope = { ok: false, error: toWireError(new AppError('vault.private')) }
const isCommand = (type: string): type is HubCommandType => Object.hasOwn(hubCommands, type)
