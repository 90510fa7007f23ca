// Nobody waits for it, but it is to happen.
const latestMs = 5_000

/** Carries something out once the page has nothing better to do, and within five seconds in any case. */
export function whenIdle(work: () => void): void {
  // Safari has it since 26 only.
  if (typeof requestIdleCallback === 'function') requestIdleCallback(work, { timeout: latestMs })
  else setTimeout(work, 300)
}
