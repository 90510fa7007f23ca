import { AppError, tokenScopes, userRoles, type OperationId, type Topic } from '@holdfast/shared-types'
import { restRules, topicRules, type AccessRule, type RestRule, type TopicKind } from './access-rules.ts'
import type { Actor } from './actor.ts'

/** The rule of a call, as the widest type: the table itself keeps what each line says. */
export const restRuleOf = (operationId: OperationId): RestRule => restRules[operationId]

/** The rule of a topic; `run:<id>` is of the kind `run`. */
export function topicRuleOf(topic: Topic): AccessRule {
  const kind = topic.split(':', 1)[0] ?? topic
  // A new kind of topic has a line in the table, or nobody may listen to it.
  return Object.hasOwn(topicRules, kind) ? topicRules[kind as TopicKind] : {}
}

/** @throws AppError `sign-in.required`, `access.denied`, `token.scope-too-small` */
export function requireAccess(rule: AccessRule, actor: Actor): void {
  const refusal = refusalOf(rule, actor)
  if (refusal !== null) throw refusal
}

export const hasAccess = (rule: AccessRule, actor: Actor): boolean => refusalOf(rule, actor) === null

function refusalOf(rule: AccessRule, actor: Actor): AppError | null {
  if (rule.isOpen === true) return null
  if (actor.kind === 'nobody') return new AppError('sign-in.required')
  if (actor.kind === 'agent') return rule.agent === true ? null : new AppError('access.denied', { message: 'A device may not do this.' })
  if (rule.person === undefined) return new AppError('access.denied', { message: 'Only a device may do this.' })
  if (userRoles.indexOf(actor.role) < userRoles.indexOf(rule.person)) return roleTooSmall(actor.role, rule.person)
  // After the role: whose role is too small gains nothing by another token.
  return actor.token === undefined || actor.token === null ? null : refusalOfToken(rule, actor.token.scope)
}

const roleTooSmall = (role: string, needed: string): AppError =>
  new AppError('access.denied', {
    message: `This needs the role \u201c${needed}\u201d; yours is \u201c${role}\u201d.`,
    cure: 'Ask an administrator to do it, or for the role.',
  })

function refusalOfToken(rule: AccessRule, scope: (typeof tokenScopes)[number]): AppError | null {
  if (rule.token === undefined)
    return new AppError('access.denied', { message: 'No API token may do this.', cure: 'Sign in to the console and do it there.' })
  if (tokenScopes.indexOf(scope) >= tokenScopes.indexOf(rule.token)) return null
  return new AppError('token.scope-too-small', {
    message: `This needs a token of the scope \u201c${rule.token}\u201d; this one has \u201c${scope}\u201d.`,
  })
}
