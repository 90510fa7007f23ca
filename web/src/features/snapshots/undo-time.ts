import type { Snapshot } from '@holdfast/shared-types'
import type { useText } from '../../platform/i18n/use-text.ts'

type Deleted = NonNullable<Snapshot['deleted']>
type Texts = Pick<ReturnType<typeof useText>, 't' | 'duration'>

/** Who deleted it, in the reader's language where it was a rule. */
export function deleterOf({ by }: Deleted, { t }: Pick<Texts, 't'>): string {
  // As the hub writes it down (`ruleName` in its feature retention): people read it in the database and on the command line, too.
  const [, plan, name] = /^retention of plan (.+?)(?:, as (.+) agreed)?$/.exec(by) ?? []
  if (plan === undefined) return by
  return name === undefined ? t('snapshots.deleted.byRule', { plan }) : t('snapshots.deleted.byAgreedRule', { plan, name })
}

/** How long a deleted snapshot can be had back: even after its time, as long as nothing has begun to remove it. */
export function undoText({ undoUntilMs, isGoing }: Deleted, nowMs: number, { t, duration }: Texts): string {
  if (isGoing) return t('snapshots.deleted.going')
  return undoUntilMs > nowMs ? t('snapshots.deleted.left', { time: duration(undoUntilMs - nowMs) }) : t('snapshots.deleted.over')
}
