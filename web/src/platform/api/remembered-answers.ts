import { readonly, ref } from 'vue'
import type { HubCall } from './hub-calls.ts'

/** Answers worth showing when the hub is away: lists and single things, no bulk. */
const rememberedCalls: ReadonlySet<HubCall> = new Set([
  'getSystem',
  'getMe',
  'listDevices',
  'getDevice',
  'listRuns',
  'getRun',
  'listSnapshots',
  'getSnapshot',
])

const cacheName = 'holdfast-answers-1'
const answeredAtHeader = 'x-answered-at-ms'

/** When the oldest answer now on screen was given, while the hub is away; null = what is shown is fresh. */
const shownSince = ref<number | null>(null)
export const rememberedSinceMs = readonly(shownSince)

export const isRemembered = (call: HubCall): boolean => rememberedCalls.has(call)

// Plain HTTP off loopback is no secure context and has no cache storage: then nothing is remembered.
const openCache = async (): Promise<Cache | null> => ('caches' in globalThis ? caches.open(cacheName) : null)

/** Keeps an answer under its address; failing to is no failure of the call. */
export async function rememberAnswer(address: string, body: unknown): Promise<void> {
  shownSince.value = null
  try {
    const cache = await openCache()
    const headers = { 'content-type': 'application/json', [answeredAtHeader]: String(Date.now()) }
    await cache?.put(address, new Response(JSON.stringify(body), { headers }))
  } catch {
    // The browser may have no space to give; offline use is then poorer, nothing else.
  }
}

/** The last answer given at this address, or null. */
export async function recallAnswer(address: string): Promise<unknown> {
  try {
    const answer = await (await openCache())?.match(address)
    if (answer === undefined) return null
    const answeredAtMs = Number(answer.headers.get(answeredAtHeader))
    shownSince.value = Math.min(shownSince.value ?? answeredAtMs, answeredAtMs)
    return await answer.json()
  } catch {
    // As above: without storage there is nothing to recall.
    return null
  }
}

/** Forgets everything: another person may use this browser next. */
export async function forgetAnswers(): Promise<void> {
  shownSince.value = null
  if ('caches' in globalThis) await caches.delete(cacheName)
}
