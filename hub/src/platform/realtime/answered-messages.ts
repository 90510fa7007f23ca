import type { AckEnvelope } from '@holdfast/shared-types'
import { weighMessage } from './message-weight.ts'

/**
 * Answers to messages that agents may send again: at least once becomes once. Bounded; what falls out, and what is too large to be
 * kept, is repeated into handlers that are idempotent by themselves (fences, line numbers, unique rows: a run has one session, however
 * often it is opened), so this saves work and is not the last line.
 */
export interface AnsweredMessages {
  /** The answer that was or is being given to this message, else the one that `work` gives now. */
  once(key: string, work: () => Promise<AckEnvelope>): Promise<AckEnvelope>
}

/** More than 2,000 agents have on their way after a restart. */
const maxAnswers = 20_000
/** Reports are answered with ≈ 60. What opens a session, with 200 ids and up to 400 KB of paths, is kept only while it is made: 20 MB are the most. */
const maxKeptBytes = 1024

export function createAnsweredMessages(limit = maxAnswers): AnsweredMessages {
  const answers = new Map<string, Promise<AckEnvelope>>()
  return {
    once(key, work) {
      const known = answers.get(key)
      if (known) return known
      const answer = work()
      answers.set(key, answer)
      // A refusal is not kept: the next try may find the database back.
      void answer.then((ack) => (ack.ok && weighMessage(ack) <= maxKeptBytes) || answers.delete(key))
      if (answers.size > limit) {
        const oldest = answers.keys().next()
        if (!oldest.done) answers.delete(oldest.value)
      }
      return answer
    },
  }
}
