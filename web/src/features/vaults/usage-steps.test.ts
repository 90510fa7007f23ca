import type { VaultUsage } from '@holdfast/shared-types'
import { expect, test } from 'vitest'
import { aVaultUsage } from '../../testing/world.ts'
import { usageRatios, usageSteps } from './usage-steps.ts'

const of = (given: Partial<VaultUsage>) => aVaultUsage(given)
const distinct = (bytes: number, logicalBytes: number) => ({ bytes, logicalBytes, snapshots: 1, countedAtMs: 1 })

test('the longest bar is whole and the others are its parts', () => {
  const steps = usageSteps(of({ bytesLogical: 1000, distinct: distinct(400, 1000), bytesStored: 100 }))
  expect(steps.map(({ name, share }) => [name, share])).toEqual([
    ['logical', 1],
    ['distinct', 0.4],
    ['stored', 0.1],
  ])
  expect(usageSteps(of({ bytesLogical: 0, distinct: null, bytesStored: 0 })).map(({ share }) => share)).toEqual([0, 0, 0])
  // A vault of very small files: seals and lists are more than what they hold.
  expect(usageSteps(of({ bytesLogical: 10, distinct: distinct(10, 10), bytesStored: 1000 }))[2]?.share).toBe(1)
})

test('ratios go by the snapshots that were counted, and say nothing of an empty or uncounted vault', () => {
  const newer = of({ bytesLogical: 2000, distinct: distinct(250, 1000), bytesStored: 100 })
  expect(usageRatios(newer)).toEqual({ deduplication: 4, compression: 2.5, saved: 0.95 })
  expect(usageRatios(of({ bytesLogical: 2000, distinct: null, bytesStored: 100 }))).toEqual({
    deduplication: null,
    compression: null,
    saved: 0.95,
  })
  expect(usageRatios(of({ bytesLogical: 0, distinct: distinct(0, 0), bytesStored: 0 }))).toEqual({
    deduplication: null,
    compression: null,
    saved: null,
  })
})
