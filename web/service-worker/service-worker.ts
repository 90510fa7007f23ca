/// <reference lib="webworker" />
import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute, type PrecacheEntry } from 'workbox-precaching'
import { NavigationRoute, registerRoute } from 'workbox-routing'
import { downloadPath } from '../src/features/private-vaults/download/port-messages.ts'
import { answerDownload, hearOfDownload } from './private-downloads.ts'

declare const self: ServiceWorkerGlobalScope & { readonly __WB_MANIFEST: (PrecacheEntry | string)[] }

// What the hub answers itself is never answered by the shell: API, downloads, sockets, health, metrics.
const hubAddresses = [/^\/api\//, /^\/socket\.io\//, /^\/health(\/|$)/, /^\/metrics$/]

precacheAndRoute(self.__WB_MANIFEST)
cleanupOutdatedCaches()
// What a page reads from a private vault, for the browser to save: before pages, as it is asked for like one.
registerRoute(
  ({ url, sameOrigin }) => sameOrigin && url.pathname.startsWith(downloadPath),
  ({ url }) => Promise.resolve(answerDownload(url)),
)
// Every page of the console opens without a network: the shell comes from the cache, its data from the last visit.
registerRoute(new NavigationRoute(createHandlerBoundToURL('/index.html'), { denylist: hubAddresses }))

self.addEventListener('message', hearOfDownload)

// The page asks for this once the person has agreed to reload.
self.addEventListener('message', (event) => {
  const message = event.data as { readonly type?: unknown } | null
  if (message?.type === 'SKIP_WAITING') void self.skipWaiting()
})
