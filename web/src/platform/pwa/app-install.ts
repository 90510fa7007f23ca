import { readonly, ref } from 'vue'

/** Chromium's offer to install the page as an app; other browsers install from their own menu. */
interface InstallOffer extends Event {
  prompt(): Promise<unknown>
}

let offer: InstallOffer | undefined
const offered = ref(false)

export const canInstallApp = readonly(offered)

export function watchInstallOffer(): void {
  window.addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault()
    offer = event as InstallOffer
    offered.value = true
  })
  window.addEventListener('appinstalled', () => (offered.value = false))
}

export async function installApp(): Promise<void> {
  const current = offer
  offer = undefined
  offered.value = false
  await current?.prompt()
}
