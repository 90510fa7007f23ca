import type { HealthConditionCode, HealthDetail } from '@holdfast/shared-types'
import type { useText } from '../i18n/use-text.ts'
import { describeCoded } from './describe-error.ts'

type Texts = Pick<ReturnType<typeof useText>, 't' | 'exact' | 'bytes'>
export interface HealthDescription {
  readonly what: string
  /** Empty where there is nothing to do. */
  readonly cure: string
  /** The hub's own words where they say more than `what`. */
  readonly detail: string | null
}

const conditions = {
  'check.timed-out': true,
  'store.not-mounted': true,
  'disk.low': true,
  'disk.full': true,
  'log.elsewhere': true,
  'log.nowhere': true,
  'certificate.valid': true,
  'certificate.expires-soon': true,
  'certificate.expired': true,
  'certificate.not-in-use': true,
  'self-backup.made': true,
  'self-backup.old': true,
  'self-backup.missing': true,
  'tidying.stopped': true,
} as const satisfies Record<HealthConditionCode, true>
const isCondition = (code: string): code is HealthConditionCode => Object.hasOwn(conditions, code)

/** What the hub says of one of its checks, in the reader's language; null where it says nothing. */
export function describeHealth({ code, params, message, cure }: HealthDetail, { t, exact, bytes }: Texts): HealthDescription | null {
  if (code === null) return message === null ? null : { what: message, cure: cure ?? '', detail: null }
  if (!isCondition(code)) return describeCoded({ code, message: message ?? '', cure: cure ?? '' })
  const { validToMs, freeBytes, newestMs, problem } = params
  const named = {
    ...params,
    ...(typeof validToMs === 'number' ? { validTo: exact(validToMs) } : {}),
    ...(typeof freeBytes === 'number' ? { free: bytes(freeBytes) } : {}),
    ...(typeof newestMs === 'number' ? { newest: exact(newestMs) } : {}),
  }
  const cured = code === 'certificate.valid' || code === 'self-backup.made' ? '' : t(`health.condition.${code}.cure`, named)
  const detail = code === 'certificate.not-in-use' && typeof problem === 'string' ? problem : null
  return { what: t(`health.condition.${code}.what`, named), cure: cured, detail }
}
