/// <reference lib="webworker" />
import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute, type PrecacheEntry } from 'workbox-precaching'
import { NavigationRoute, registerRoute } from 'workbox-routing'

declare const self: ServiceWorkerGlobalScope & { readonly __WB_MANIFEST: (PrecacheEntry | string)[] }

// What the hub answers itself is never answered by the shell: API, downloads, sockets, health, metrics.
const hubAddresses = [/^\/api\//, /^\/socket\.io\//, /^\/health(\/|$)/, /^\/metrics$/]

precacheAndRoute(self.__WB_MANIFEST)
cleanupOutdatedCaches()
// Every page of the console opens without a network: the shell comes from the cache, its data from the last visit.
registerRoute(new NavigationRoute(createHandlerBoundToURL('/index.html'), { denylist: hubAddresses }))

// The page asks for this once the person has agreed to reload.
self.addEventListener('message', (event) => {
  const message = event.data as { readonly type?: unknown } | null
  if (message?.type === 'SKIP_WAITING') void self.skipWaiting()
})
