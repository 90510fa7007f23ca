import { readonly, ref } from 'vue'
import { registerSW } from 'virtual:pwa-register'
import { whenIdle } from '../browser/when-idle.ts'

// Hourly: a console that stays open for weeks must still hear of a new version.
const checkEveryMs = 3_600_000

const waiting = ref(false)
let activate: (() => Promise<void>) | undefined

/** True when a newer console is downloaded and waits to take over. */
export const isUpdateWaiting = readonly(waiting)

/** Puts the newer version in charge and reloads the page. */
export const applyUpdate = (): void => void activate?.()

/** Hides the offer until the page is opened again. */
export const postponeUpdate = (): void => void (waiting.value = false)

/**
 * Registers the service worker; without one (plain HTTP, private mode) the console works, only not offline. What it fetches for offline use
 * is many times what a page needs, and comes after it.
 */
export function startAppUpdates(): void {
  if (document.readyState === 'complete') whenIdle(register)
  else window.addEventListener('load', () => whenIdle(register), { once: true })
}

function register(): void {
  const update = registerSW({
    immediate: true,
    onNeedRefresh: () => (waiting.value = true),
    onRegisteredSW: (_url, registration) => {
      if (registration !== undefined) setInterval(() => void registration.update().catch(() => undefined), checkEveryMs)
    },
  })
  activate = () => update(true)
}
