import type { Purges } from './purges.ts'

/** What others ask of rewriting. */
export interface Rewriting {
  /** Until all that was begun in the background is through. */
  settled(): Promise<void>
}

export const rewritingOf = ({ purges }: { readonly purges: Pick<Purges, 'settled'> }): Rewriting => ({ settled: () => purges.settled() })
