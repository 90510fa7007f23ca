import { browserPrimitives } from '@holdfast/engine/browser'
import type { AskOf, FromRoom, RoomCall, ToRoom } from '../room/room-calls.ts'
import { hubAnswers } from './hub-answers.ts'
import { problemOf } from './room-problem.ts'
import { openDesk, type CallContext } from './vault-desk.ts'

/** The room of one vault's keys: a worker that answers the page and gives no key away. Who locks the vault ends the worker. */
const desk = openDesk(browserPrimitives, hubAnswers)
const underWay = new Map<number, AbortController>()
const post = (message: FromRoom): void => self.postMessage(message, { transfer: [] })

async function answer<K extends RoomCall>(id: number, call: K, ask: AskOf<K>): Promise<void> {
  const ending = new AbortController()
  underWay.set(id, ending)
  const context: CallContext = { signal: ending.signal, tellProgress: (bytes) => post({ kind: 'progress', id, bytes }) }
  try {
    post({ kind: 'answer', id, answer: await desk[call](ask, context) })
  } catch (error) {
    post({ kind: 'problem', id, problem: problemOf(error) })
  } finally {
    underWay.delete(id)
  }
}

self.addEventListener('message', ({ data }: MessageEvent<ToRoom>) => {
  if (data.kind === 'abort') underWay.get(data.id)?.abort()
  else void answer(data.id, data.call, data.ask)
})
