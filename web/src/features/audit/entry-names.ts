import type { AuditEntry } from '@holdfast/shared-types'
import { auditDetailNames, type AuditDetailName } from '@holdfast/shared-types/audit-details'
import { formatCount, formatExact, formatRate } from '../../platform/i18n/format.ts'
import { currentLanguage, textOf, type MessageKey } from '../../platform/i18n/text.ts'

/** Enough of an id to tell it from others on the page. */
const shownLetters = 8

export function actorName({ kind, id, name }: AuditEntry['actor']): string {
  if (kind === 'command-line') return textOf('audit.actor.command-line')
  if (kind === 'nobody') return textOf('audit.actor.nobody')
  return name ?? (id === null ? textOf(`audit.actor.${kind}`) : `${textOf(`audit.actor.${kind}`)} ${id.slice(0, shownLetters)}`)
}

/** Its name then; else the beginning of its id: the sentence says what it is. */
export const objectName = (object: AuditEntry['object']): string | null =>
  object === null ? null : (object.name ?? object.id.slice(0, shownLetters))

const isKnown = (name: string): name is AuditDetailName => (auditDetailNames as readonly string[]).includes(name)

const roles = { viewer: 'people.role.viewer', operator: 'people.role.operator', admin: 'people.role.admin' } as const
const scopes = { read: 'tokens.scope.read', run: 'tokens.scope.run', admin: 'tokens.scope.admin' } as const
const kinds = { backup: 'runs.kind.backup', restore: 'runs.kind.restore', verify: 'runs.kind.verify' } as const
const fields = { name: 'audit.field.name', email: 'audit.field.email', role: 'audit.field.role', tags: 'audit.field.tags' } as const
const wordsOf: ReadonlyMap<string, Readonly<Record<string, MessageKey>>> = new Map(
  Object.entries({ role: roles, roleBefore: roles, scope: scopes, kind: kinds, changed: fields }),
)

const isAllOf = (name: string): boolean => name === 'devices' || name === 'versionsPerFile'

/** A value of an entry in the reader's language where it is a word of the hub's, else as it is. */
export function detailValue(name: string, value: string | number | boolean | null): string {
  if (typeof value === 'boolean') return textOf(value ? 'audit.value.yes' : 'audit.value.no')
  if (value === null) return textOf(isAllOf(name) ? 'audit.value.all' : 'audit.value.noLimit')
  if (typeof value === 'number')
    return /^uploadBytesPerSecond(Before)?$/.test(name) ? formatRate(value, currentLanguage()) : formatCount(value, currentLanguage())
  if (name === 'restoredFrom' && !Number.isNaN(Date.parse(value))) return formatExact(Date.parse(value), currentLanguage())
  const words = wordsOf.get(name)
  if (words === undefined) return value
  const said = (word: string) => (Object.hasOwn(words, word) ? textOf(words[word] as MessageKey) : word)
  return value.split(', ').map(said).join(', ')
}

/** What a named value of an entry is called; one that is new goes by its own name. */
export function detailName(name: string): string {
  return isKnown(name) ? textOf(`audit.detail.${name}` satisfies MessageKey) : name
}
