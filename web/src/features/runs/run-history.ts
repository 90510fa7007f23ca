import type { RunEvent, RunId } from '@holdfast/shared-types'
import { shallowRef } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'

/** The steps of one run's life, read on from the newest known one whenever it may have gone further. */
export function useRunHistory(runId: RunId, signal: AbortSignal) {
  const events = shallowRef<readonly RunEvent[]>([])
  let reading: Promise<void> | null = null
  let isAskedAgain = false

  async function readOn(): Promise<void> {
    for (let hasMore = true; hasMore;) {
      const after = events.value.at(-1)?.n ?? 0
      const part = await callHub('listRunEvents', { params: { runId }, query: { after }, signal })
      events.value = [...events.value, ...part.items]
      hasMore = part.hasMore === true && part.items.length > 0
    }
  }

  /** One reading at a time: two would add the same steps twice. What fails is poorer by it alone, and the next change or link asks again. */
  async function read(): Promise<void> {
    if (reading !== null) {
      isAskedAgain = true
      return reading
    }
    reading = readOn()
      .catch(() => undefined)
      .finally(() => (reading = null))
    await reading
    if (!isAskedAgain) return
    isAskedAgain = false
    await read()
  }

  return { events, read }
}
