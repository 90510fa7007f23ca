import type { AnswerParts, Answers } from './answers.ts'

export const auditAnswers = ({ world }: AnswerParts): Answers => ({
  listAudit({ query }) {
    const fitting = world.audit
      .filter(({ actor }) => query.actorId === undefined || actor.id === query.actorId)
      .filter(({ action }) => query.action === undefined || action === query.action)
      .filter(({ object }) => query.objectId === undefined || object?.id === query.objectId)
      .filter(({ outcome }) => query.outcome === undefined || outcome === query.outcome)
      .filter(({ atMs }) => atMs >= (query.sinceMs ?? 0) && atMs < (query.untilMs ?? Infinity))
      .filter(({ id }) => id < (query.before ?? Infinity))
    return { items: fitting.slice(0, query.limit), hasMore: fitting.length > query.limit }
  },
})
