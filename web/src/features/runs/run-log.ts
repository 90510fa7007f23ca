import type { LogLine, RunId } from '@holdfast/shared-types'
import { onScopeDispose, readonly, ref, shallowRef } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'
import { mergeLogLines } from './log-lines.ts'

// The most lines the hub gives at once.
const linesPerPage = 1000
// What is waiting for a frame is sorted in at once: more of it would make the page stand still when it comes to the front.
const mostUnshown = 5000

interface LogPage {
  readonly items: readonly LogLine[]
  readonly hasMore?: boolean | undefined
}
const hasMore = (page: LogPage): boolean => page.items.length > 0 && (page.hasMore ?? page.items.length === linesPerPage)

/** The log of one run: pages from the hub and lines told live, each once and in order. */
export function useRunLog(runId: RunId, signal: AbortSignal) {
  const lines = shallowRef<readonly LogLine[]>([])
  const isLoading = ref(true)
  const told: LogLine[] = []
  let frame: number | undefined
  const show = (): void => {
    if (frame !== undefined) cancelAnimationFrame(frame)
    frame = undefined
    lines.value = mergeLogLines(lines.value, told.splice(0))
  }

  const readPage = (after: number) => callHub('getRunLog', { params: { runId }, query: { after, limit: linesPerPage }, signal })

  /**
   * Takes a line told live. A thousand a second come one by one; the page gets them once a frame, and a tab in the background, which has
   * no frames, by the thousands.
   */
  function take(line: LogLine): void {
    told.push(line)
    if (told.length >= mostUnshown) show()
    else frame ??= requestAnimationFrame(show)
  }

  /** Reads all lines after a known page, however many pages that is. */
  async function readOn(page: LogPage): Promise<void> {
    let last = page
    lines.value = mergeLogLines(lines.value, last.items)
    while (hasMore(last)) {
      last = await readPage(last.items.at(-1)?.seq ?? 0)
      lines.value = mergeLogLines(lines.value, last.items)
    }
    isLoading.value = false
  }

  /** Reads what came after the newest line here: used when live events could not close a gap. */
  const readMissed = async () => readOn(await readPage(lines.value.at(-1)?.seq ?? 0))

  onScopeDispose(() => {
    if (frame !== undefined) cancelAnimationFrame(frame)
  })
  return { lines, isLoading: readonly(isLoading), giveUp: () => (isLoading.value = false), readPage, readOn, readMissed, take }
}
