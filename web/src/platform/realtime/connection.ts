import { readonly, ref } from 'vue'

/**
 * `idle`: nobody is signed in. `connecting`: first attempt. `live`: what is shown changes by itself.
 * `reconnecting`: lost a moment ago. `offline`: lost for longer, or the browser has no network; still trying.
 */
export type ConnectionState = 'idle' | 'connecting' | 'live' | 'reconnecting' | 'offline'

// 8 s: a restart of the hub takes less; what takes longer deserves a plainer word.
const patienceMs = 8_000

const state = ref<ConnectionState>('idle')
const liveUntil = ref<number | null>(null)
let impatience: ReturnType<typeof setTimeout> | undefined

export const connectionState = readonly(state)
/** When the link was last known to be up, by this browser's clock; null = not since the page was opened. */
export const lastLiveAtMs = readonly(liveUntil)

function become(next: ConnectionState): void {
  clearTimeout(impatience)
  state.value = next
}

export const connection = {
  starting: () => become(navigator.onLine ? 'connecting' : 'offline'),
  stopped: () => become('idle'),
  up: () => become('live'),
  /** The link is down or an attempt failed. */
  down(): void {
    if (state.value === 'live') liveUntil.value = Date.now()
    if (!navigator.onLine) return become('offline')
    if (state.value === 'offline' || state.value === 'reconnecting') return
    become('reconnecting')
    impatience = setTimeout(() => become('offline'), patienceMs)
  },
}
