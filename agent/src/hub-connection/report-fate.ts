import { errorFacts, type ErrorCode } from '@holdfast/shared-types'
import { toAppError } from '../errors/to-app-error.ts'
import { UnreadableAnswer } from './link-socket.ts'
import { mayPass } from './may-pass.ts'
import type { QueuedReport } from './outbox-file.ts'

/**
 * What becomes of a report that the hub did not take. `settled`: the hub knows better, and telling it again changes nothing. `later`: the
 * hub can store nothing now, and whatever follows would fare alike. `unclear`: it may be taken another day, perhaps by another version of
 * the hub or of this agent, and what follows need not wait. `broken`: the hub makes a mistake over it.
 */
export type ReportFate = 'settled' | 'later' | 'unclear' | 'broken'

/** The hub does not count on the run, or cannot read the report: said by the hub itself. */
const final: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'run.fence-stale',
  'run.not-found',
  'run.already-finished',
  'protocol.invalid-message',
  'protocol.unsupported',
])

export function fateOf(type: QueuedReport['type'], error: unknown): ReportFate {
  if (mayPass(error)) return 'later'
  const { code } = toAppError(error)
  const { category } = errorFacts(code)
  // A full disk at the hub: a person makes room.
  if (category === 'quota') return 'later'
  if (error instanceof UnreadableAnswer) return 'unclear'
  if (category === 'internal') return 'broken'
  // Without its end a run is lost, however it went; lines of a log are worth less than their place in the queue.
  return type === 'run.finished' && !final.has(code) ? 'unclear' : 'settled'
}
