import { inspect } from 'node:util'
import fc from 'fast-check'
import { api, type OperationId, type RouteContract } from '@holdfast/shared-types'
import type { Asker, FuzzedHub } from './fuzzed-hub.ts'
import { guestsOf, type Guest } from './http-guests.ts'
import { faultOfAnswer, sendGuest } from './send-guest.ts'

export interface FuzzOptions {
  readonly seed: number
  /** Of each call or event, by each who asks. */
  readonly guests: number
}

const askers: readonly Asker[] = ['nobody', 'person', 'device', 'stranger']

/** Sends every call of the contract what it expects and what it does not. @returns what went wrong, once for each call and kind of fault */
export async function fuzzHttp(fuzzed: FuzzedHub, { seed, guests }: FuzzOptions): Promise<string[]> {
  const faults = new Map<string, string>()
  for (const [operation, contract] of Object.entries(api) as [OperationId, RouteContract][]) {
    for (const asker of askers) {
      // Whoever may not ask is told so before anything else is looked at.
      const count = isWelcome(contract, asker) ? guests : Math.ceil(guests / 10)
      for (const guest of fc.sample(guestsOf(contract, fuzzed.known), { seed: seed + operation.length, numRuns: count })) {
        const fault = await faultOf(fuzzed, operation, asker, guest)
        if (fault !== null) faults.set(`${operation} ${fault.slice(0, 60)}`, `${operation} as ${asker} (seed ${seed}): ${fault}\n  asked ${described(guest)}`)
      }
    }
  }
  return [...faults.values()]
}

const isWelcome = ({ actor }: RouteContract, asker: Asker): boolean =>
  actor === 'none' || (asker === 'person' && actor !== 'agent') || (asker === 'device' && actor !== 'user')

async function faultOf(fuzzed: FuzzedHub, operation: OperationId, asker: Asker, guest: Guest): Promise<string | null> {
  const contract: RouteContract = api[operation]
  const before = fuzzed.mistakes.length
  try {
    const answer = await sendGuest(fuzzed.hub.origin, contract, guest, await fuzzed.headersOf(asker))
    const mistake = fuzzed.mistakes[before]
    if (mistake !== undefined) return `the hub logged ${mistake}`
    return answer === null ? null : faultOfAnswer(operation, contract, answer)
  } catch (error) {
    return `no answer: ${error instanceof Error ? error.message : String(error)}`
  }
}

const described = ({ path, headers, body, isCut }: Guest): string =>
  `${path.slice(0, 400)} ${inspect(headers)} ${isCut ? 'cut ' : ''}${body === null ? '' : body.toString('utf8').slice(0, 400)}`
