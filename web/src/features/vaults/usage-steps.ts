import type { VaultUsage } from '@holdfast/shared-types'

export interface UsageStep {
  readonly name: 'logical' | 'distinct' | 'stored'
  /** Null: not counted. */
  readonly bytes: number | null
  /** Length of its bar, 0–1, of the longest. */
  readonly share: number
}

/** What a vault's snapshots would take, what is left of it without repetitions, and what of that lies in the store. */
export function usageSteps({ bytesLogical, distinct, bytesStored }: VaultUsage): readonly UsageStep[] {
  const values = { logical: bytesLogical, distinct: distinct?.bytes ?? null, stored: bytesStored } as const
  const longest = Math.max(...Object.values(values).map((bytes) => bytes ?? 0))
  return (['logical', 'distinct', 'stored'] as const).map((name) => ({
    name,
    bytes: values[name],
    share: longest === 0 ? 0 : (values[name] ?? 0) / longest,
  }))
}

/** How many times smaller; null where nothing can be said, as of an empty vault. */
const ratioOf = (from: number, to: number): number | null => (from > 0 && to > 0 ? from / to : null)

export interface UsageRatios {
  /** What repetitions saved: of the snapshots that were counted, which may be fewer than all. */
  readonly deduplication: number | null
  /** Below 1: folder lists and seals take more than compression saves, as in a vault of very small files. */
  readonly compression: number | null
  /** What is not stored of what the snapshots hold, 0–1; null where nothing is saved. */
  readonly saved: number | null
}

export function usageRatios({ bytesLogical, distinct, bytesStored }: VaultUsage): UsageRatios {
  return {
    deduplication: distinct === null ? null : ratioOf(distinct.logicalBytes, distinct.bytes),
    compression: distinct === null ? null : ratioOf(distinct.bytes, bytesStored),
    saved: bytesLogical > bytesStored && bytesStored > 0 ? 1 - bytesStored / bytesLogical : null,
  }
}
