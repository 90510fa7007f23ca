import type { Health, HealthDetail } from '@holdfast/shared-types'
import type { MessageKey } from '../../platform/i18n/text.ts'

const names = {
  database: 'settings.health.name.database',
  store: 'settings.health.name.store',
  logs: 'settings.health.name.logs',
  certificate: 'settings.health.name.certificate',
  space: 'settings.health.name.space',
  selfBackup: 'settings.health.name.selfBackup',
  tidying: 'settings.health.name.tidying',
} as const satisfies Record<string, MessageKey>

export interface ShownCheck extends HealthDetail {
  readonly name: string
  /** Null: a check of a newer hub, which goes by its own name. */
  readonly label: MessageKey | null
}

const rank: { readonly [S in HealthDetail['status']]: number } = { failing: 0, warning: 1, ok: 2 }

/**
 * All checks, what wants a look first. A hub whose database is away knows nobody, and then says states alone: they are
 * shown as what they are.
 */
export function shownChecks({ checks, details }: Health): ShownCheck[] {
  const known =
    details?.checks ??
    Object.fromEntries(
      Object.entries(checks).map(([name, status]) => [
        name,
        { status, latencyMs: null, code: null, params: {}, message: null, cure: null },
      ]),
    )
  return Object.entries(known)
    .map(([name, detail]) => ({ ...detail, name, label: Object.hasOwn(names, name) ? names[name as keyof typeof names] : null }))
    .sort((a, b) => rank[a.status] - rank[b.status])
}
