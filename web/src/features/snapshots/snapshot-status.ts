import type { SnapshotStatus } from '@holdfast/shared-types'
import type { MessageKey } from '../../platform/i18n/text.ts'

interface StatusLook {
  readonly icon: string
  readonly toneClass: string
  readonly label: MessageKey
  readonly meaning: MessageKey
}

const look = <S extends SnapshotStatus | 'unknown'>(status: S, icon: string, toneClass: string): StatusLook => ({
  icon,
  toneClass,
  label: `snapshots.status.${status}`,
  meaning: `snapshots.statusMeaning.${status}`,
})

export const statusLooks: { readonly [S in SnapshotStatus]: StatusLook } = {
  complete: look('complete', 'i-lucide-circle-check', 'text-success'),
  'complete-with-errors': look('complete-with-errors', 'i-lucide-triangle-alert', 'text-warning'),
  partial: look('partial', 'i-lucide-circle-dashed', 'text-warning'),
}
const unknown = look('unknown', 'i-lucide-circle-help', 'text-toned')

/** @param status null: the hub cannot read it, and no device has said it yet */
export const lookOf = (status: SnapshotStatus | null): StatusLook => (status === null ? unknown : statusLooks[status])
