/** Which snapshots are kept, and why. */
export { periodsOf } from './calendar-periods.ts'
export type { Periods } from './calendar-periods.ts'
export type { Duration, RetentionRules } from './retention-rules.ts'
export { selectSnapshots } from './select-snapshots.ts'
export type { Candidate, KeptFor, Verdict } from './select-snapshots.ts'
