import type { ErrorCode, RunId } from '@holdfast/shared-types'

/*
 * What an agent owes the hub for each thing it is told about a run, without worker, link or disk. The hub's half is a table as well
 * (hub/src/features/runs/run-machine.ts); scripts/models/run-life.test.ts plays the two against each other over a channel that loses,
 * repeats and reorders.
 */

/** A run in hand, or ended with a report that the hub has not acknowledged. */
export interface HeldRun {
  readonly runId: RunId
  /** Of the offer under which it was taken. */
  readonly fence: number
}

/** `same`: taken already, say so again. `older`: a newer attempt is in hand. `replace`: end the attempt in hand, then take this one. */
export type OfferDuty = 'take' | 'same' | 'older' | 'replace'

export function dutyOnOffer(held: readonly HeldRun[], offer: HeldRun): OfferDuty {
  const known = held.find(({ runId }) => runId === offer.runId)
  if (known === undefined) return 'take'
  if (known.fence === offer.fence) return 'same'
  return known.fence > offer.fence ? 'older' : 'replace'
}

/** A cancel is for the attempt it names and for no other one. */
export const isMeant = (held: HeldRun | undefined, named: HeldRun): boolean => held?.runId === named.runId && held.fence === named.fence

/** `stop`: the run is ended and its end told. `drop`: it is ended and nothing is told, for nobody counts on it. */
export type ProgressDuty = 'go-on' | 'stop' | 'drop'

const gone: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['run.fence-stale', 'run.not-found', 'run.already-finished'])

/** What the answer to a sample, or the refusal of it, asks for. A sample that was lost asks for nothing: the next one says more. */
export function dutyOnProgress(answer: { readonly goOn: boolean } | { readonly refusal: ErrorCode }): ProgressDuty {
  if ('refusal' in answer) return gone.has(answer.refusal) ? 'drop' : 'go-on'
  // The hub still takes the report of how it ended, or refuses it as stale: either way the truth is told.
  return answer.goOn ? 'go-on' : 'stop'
}
