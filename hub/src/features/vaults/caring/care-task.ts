import type { CareStory } from '@holdfast/shared-types'
import { setTimeout as delay } from 'node:timers/promises'
import { EngineError } from '@holdfast/engine/errors'
import type { OpenVault } from '../contents/open-vault.ts'

export type CareCounts = CareStory['counts']

/** One time that a kind of care is done. */
export interface CareTask {
  readonly vault: OpenVault
  /** A person asked for it: it looks also where it has looked lately. */
  readonly isByHand: boolean
  readonly signal: AbortSignal
  /** Adds to what the story counts. */
  count(more: Partial<CareCounts>): void
}

export const nothingCounted: CareCounts = { packs: 0, segments: 0, blobs: 0, snapshots: 0, bytes: 0, named: 0, problems: 0 }

/** Rests after reading, so that backups and restores have the disk: as long as it read, and much longer while somebody backs up. @throws EngineError `cancelled` */
export async function restAfter(readMs: number, isBusy: boolean, signal: AbortSignal): Promise<void> {
  await delay(Math.min(readMs * (isBusy ? 9 : 1), mostRestMs), undefined, { ref: false, signal }).catch(() => undefined) // Only the abort rejects.
  requireCaring(signal)
}

const mostRestMs = 10_000

export function requireCaring(signal: AbortSignal): void {
  if (signal.aborted) throw new EngineError('cancelled', 'The care of a vault was stopped.')
}
