import { onScopeDispose, readonly, ref, type Ref } from 'vue'

const now = ref(Date.now())
let watchers = 0
let timer: ReturnType<typeof setInterval> | undefined
// What a round trip hides: below it nothing is judged anew.
const noiseMs = 1000
const hubAheadMs = ref(0)

/** Tells the clock what time the hub has, so that ages are counted by the clock that stamped them. */
export function learnHubTime(hubTimeMs: number): void {
  const aheadMs = hubTimeMs - Date.now()
  if (Math.abs(aheadMs - hubAheadMs.value) < noiseMs) return
  hubAheadMs.value = aheadMs
  now.value = hubTimeMs
}

/** The hub's time as far as known, in ms since 1970. What is computed with it is computed anew when the hub has told its time. */
export const hubNowMs = (): number => Date.now() + hubAheadMs.value

/** The hub's time, ticking once a second while anything shows it. Call it in a component's setup or an effect scope. */
export function useNowMs(): Readonly<Ref<number>> {
  watchers += 1
  now.value = hubNowMs()
  timer ??= setInterval(() => (now.value = hubNowMs()), 1000)
  onScopeDispose(() => {
    watchers -= 1
    if (watchers > 0) return
    clearInterval(timer)
    timer = undefined
  })
  return readonly(now)
}
