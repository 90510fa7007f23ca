/** Clocks come from outside, so that a test can turn them. */
export interface Clock {
  /** Wall clock; compared with the times of files. */
  nowMs(): number
  /** Never goes back; paces progress. */
  monotonicMs(): number
}
