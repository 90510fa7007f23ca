import type { VaultCheck } from '@holdfast/shared-types'
import type { MessageKey } from '../../platform/i18n/text.ts'

/** What a check can find; each has `health.problem.<code>` in every language. */
const knownCodes = [
  'object.unknown',
  'object.missing',
  'row.missing',
  'row.stale',
  'row.differs',
  'row.in-doubt',
  'refset.incomplete',
  'segment.missing',
  'segment.repeated',
  'segment.authentication-failed',
  'bytes.truncated',
  'bytes.invalid',
  'format.unsupported-version',
  'format.invalid',
  'pack.invalid',
  'pack.checksum-mismatch',
  'blob.id-mismatch',
  'blob.missing',
  'blob.too-large',
  'snapshot.signature-invalid',
  'snapshot.invalid',
  'vault.invalid',
  'key-slot.wrong-secret',
  'store.not-found',
  'store.io-error',
  'store.unavailable',
  'internal',
] as const
const keys: ReadonlyMap<string, MessageKey> = new Map(knownCodes.map((code) => [code, `health.problem.${code}` as const]))

/** The sentence of a problem; null = one of a newer hub, which is told in the hub's own words. */
export const problemKey = ({ code }: VaultCheck['problems'][number]): MessageKey | null => keys.get(code) ?? null
