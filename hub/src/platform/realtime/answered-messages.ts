import type { AckEnvelope } from '@holdfast/shared-types'

/**
 * Answers to messages that agents may send again: at least once becomes once. Bounded; what falls out is repeated into handlers
 * that are idempotent by themselves (fences, line numbers, unique rows), so this saves work and is not the last line.
 */
export interface AnsweredMessages {
  /** The answer that was or is being given to this message, else the one that `work` gives now. */
  once(key: string, work: () => Promise<AckEnvelope>): Promise<AckEnvelope>
}

/** 20,000 answers of ≈ 200 bytes: more than 2,000 agents have on their way after a restart. */
const maxAnswers = 20_000

export function createAnsweredMessages(limit = maxAnswers): AnsweredMessages {
  const answers = new Map<string, Promise<AckEnvelope>>()
  return {
    once(key, work) {
      const known = answers.get(key)
      if (known) return known
      const answer = work()
      answers.set(key, answer)
      // A refusal is not kept: the next try may find the database back.
      void answer.then((ack) => ack.ok || answers.delete(key))
      if (answers.size > limit) {
        const oldest = answers.keys().next()
        if (!oldest.done) answers.delete(oldest.value)
      }
      return answer
    },
  }
}
