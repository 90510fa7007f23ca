import type { Run } from '@holdfast/shared-types'

/** Why a queued run does not begin: `behind` names the run it waits for. */
export type WaitingReason =
  | { readonly kind: 'retry' | 'offline' | 'offered' | 'soon' }
  | { readonly kind: 'behind' | 'busy'; readonly run: Run }

/** As the hub decides it: one run at a time for the same folders, and for the same plan. */
const isSameWork = (a: Run, b: Run): boolean =>
  (a.planId !== null && a.planId === b.planId) ||
  (a.request.kind === 'backup' && b.request.kind === 'backup' && isDeepEqual(a.request.sources, b.request.sources))

const isDeepEqual = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

interface Surroundings {
  /** Null: not known yet. */
  readonly isOnline: boolean | null
  /** Runs of the same device that have not ended. */
  readonly others: readonly Run[]
  readonly nowMs: number
}

export function waitingReason(run: Run, { isOnline, others, nowMs }: Surroundings): WaitingReason {
  if (run.notBeforeMs !== null && run.notBeforeMs > nowMs) return { kind: 'retry' }
  if (isOnline === false) return { kind: 'offline' }
  if (run.state === 'offered') return { kind: 'offered' }
  const held = others.filter(({ id, state }) => id !== run.id && state !== 'queued')
  const ahead = held.find((other) => isSameWork(run, other))
  if (ahead !== undefined) return { kind: 'behind', run: ahead }
  return held[0] === undefined ? { kind: 'soon' } : { kind: 'busy', run: held[0] }
}
