import type { ResponseOf, Api } from '@holdfast/shared-types'
import { shallowRef } from 'vue'
import { callHub } from '../platform/api/call-hub.ts'
import { learnHubTime } from '../platform/browser/clock.ts'

type HubFacts = ResponseOf<Api['getSystem']>

/** What the hub says of itself; null until it did. */
export const hubFacts = shallowRef<HubFacts | null>(null)

/** Asks the hub for its clock and what deserves a word. Failing to is not worth one: the page's own calls will say it. */
export async function readHubFacts(): Promise<void> {
  try {
    const facts = await callHub('getSystem')
    hubFacts.value = facts
    if (Math.abs(facts.timeMs - Date.now()) < 86_400_000) learnHubTime(facts.timeMs)
  } catch {
    hubFacts.value = null
  }
}
