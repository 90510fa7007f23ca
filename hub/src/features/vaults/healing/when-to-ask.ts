const hourMs = 60 * 60 * 1000
/** Less than a day, so that whoever is looked at every night is asked every night. */
const firstPauseMs = 20 * hourMs
const longestPauseMs = 30 * 24 * hourMs
/** A disk that fails bit by bit must not have its devices back up without end. */
const pauseBeforeNewsMs = hourMs

export interface AskedBefore {
  readonly askedAt: Date
  /** How often it was asked for the same. */
  readonly tries: number
}

/**
 * Whether a device may be asked (again) for what is lost and its newest backup names. A backup that comes to its end names nothing that is lost: who still does was away, was stopped
 * or has failed, and is left alone longer each time.
 *
 * @param isNews there is something that it was not asked for
 */
export function mayAsk(before: AskedBefore | null, isNews: boolean, nowMs: number): boolean {
  if (before === null) return true
  const pauseMs = isNews ? pauseBeforeNewsMs : Math.min(firstPauseMs * 2 ** (before.tries - 1), longestPauseMs)
  // A clock that was set back does not make anybody wait for years.
  return Math.abs(nowMs - before.askedAt.getTime()) >= pauseMs
}
