import { setTimeout as delay } from 'node:timers/promises'

/** A disk that hangs must not keep the hub from ending: what uses it is left where it is, as it would be by a crash. */
const patienceMs = 2000

/** Waits for the end of some work, however it ends, but not for ever. */
export async function endInTime(work: readonly Promise<unknown>[]): Promise<void> {
  if (work.length === 0) return
  const waiting = new AbortController()
  const all = Promise.allSettled(work).finally(() => waiting.abort())
  await Promise.race([all, delay(patienceMs, undefined, { signal: waiting.signal }).catch(() => undefined)])
}
