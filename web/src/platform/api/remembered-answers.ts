import { computed, shallowReactive } from 'vue'
import type { HubCall } from './hub-calls.ts'

/** Answers worth showing when the hub is away: lists and single things, no bulk. */
const rememberedCalls: ReadonlySet<HubCall> = new Set([
  'getSystem',
  'getMe',
  'listDevices',
  'getDevice',
  'getDeviceStatistics',
  'getStatistics',
  'listPlans',
  'getPlan',
  'listRuns',
  'getRun',
  'listVaults',
  'getVault',
  'getVaultUsage',
  'listSnapshots',
  'getSnapshot',
])

const cacheName = 'holdfast-answers-1'
const answeredAtHeader = 'x-answered-at-ms'

/** When an answer that had to be recalled was given, by its address, until the hub gives it anew. */
const givenAtMs = shallowReactive(new Map<string, number>())
/** When the oldest answer now on screen was given, while the hub is away; null = what is shown is fresh. */
export const rememberedSinceMs = computed(() => (givenAtMs.size === 0 ? null : Math.min(...givenAtMs.values())))
/** The last answer of this address was a recalled one. */
export const isRecalled = (address: string): boolean => givenAtMs.has(address)

/** Forgets the ages of what nobody asks for any more. Call it when the hub has been back for as long as an answer may take. */
export function dropAgesBefore(recalled: ReadonlyMap<string, number>): void {
  for (const [address, atMs] of recalled) if (givenAtMs.get(address) === atMs) givenAtMs.delete(address)
}
export const recalledNow = (): ReadonlyMap<string, number> => new Map(givenAtMs)

// Parts further down, and ranges that move with the time: each would be kept under an address of its own that nobody asks for again.
const passing = /[?&](before|createdAfterMs|createdBeforeMs)=/

export const isRemembered = (call: HubCall, address: string): boolean => rememberedCalls.has(call) && !passing.test(address)

// Plain HTTP off loopback is no secure context and has no cache storage: then nothing is remembered.
const openCache = async (): Promise<Cache | null> => ('caches' in globalThis ? caches.open(cacheName) : null)

let visits = 0
/** Whose answers are kept now: an answer that comes after its person has signed out is nobody's. */
export const currentVisit = (): number => visits

/** Keeps an answer under its address; failing to is no failure of the call. */
export async function rememberAnswer(address: string, body: unknown, askedInVisit: number): Promise<void> {
  if (askedInVisit !== visits) return
  givenAtMs.delete(address)
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
    givenAtMs.set(address, answeredAtMs)
    return await answer.json()
  } catch {
    // As above: without storage there is nothing to recall.
    return null
  }
}

/** Forgets everything: another person may use this browser next. Failing to is no failure of their sign-in. */
export async function forgetAnswers(): Promise<void> {
  visits += 1
  givenAtMs.clear()
  try {
    if ('caches' in globalThis) await caches.delete(cacheName)
  } catch {
    // A browser that refuses its storage gives nothing back of it either.
  }
}
