import { callAddress } from '../platform/api/call-address.ts'
import { callHub } from '../platform/api/call-hub.ts'
import { hubCalls } from '../platform/api/hub-calls.ts'
import { isRecalled } from '../platform/api/remembered-answers.ts'
import { learnHubTime } from '../platform/browser/clock.ts'

/** Asks the hub for its clock. Failing to is not worth a word: the page's own calls will say it. */
export async function readHubFacts(): Promise<void> {
  try {
    const { timeMs } = await callHub('getSystem')
    // An answer of an earlier visit would turn the clock back to it, and everything would look as fresh as it was then.
    if (isRecalled(callAddress(hubCalls.getSystem.path))) return
    if (Math.abs(timeMs - Date.now()) < 86_400_000) learnHubTime(timeMs)
  } catch {
    // Ages are then counted by this browser's clock.
  }
}
