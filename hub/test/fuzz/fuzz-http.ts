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

/** What ends a device for good gets another one than the one that all others are about. */
const endsDevices: ReadonlySet<OperationId> = new Set<OperationId>(['revokeDevice', 'removeDevice'])

/** As many as a browser asks at once, and some more. */
const atOnce = 8

/** Sends every call of the contract what it expects and what it does not. @returns what went wrong, once for each call and kind of fault */
export async function fuzzHttp(fuzzed: FuzzedHub, { seed, guests }: FuzzOptions): Promise<string[]> {
  const faults = new Map<string, string>()
  for (const [operation, contract] of Object.entries(api) as [OperationId, RouteContract][]) {
    // What was said over its link before may have ended it: then what asks the device is told that it is away, and nothing else.
    await fuzzed.linked()
    for (const asker of askers) {
      // Whoever may not ask is told so before anything else is looked at.
      const count = isWelcome(contract, asker) ? guests : Math.ceil(guests / 10)
      const before = fuzzed.mistakes.length
      const headers = await fuzzed.headersOf(asker)
      const sample = fc.sample(guestsOf(contract, endsDevices.has(operation) ? fuzzed.knownToEnd : fuzzed.known), {
        seed: seed + operation.length,
        numRuns: count,
      })
      for (let at = 0; at < sample.length; at += atOnce) {
        await Promise.all(
          sample.slice(at, at + atOnce).map(async (guest) => {
            const fault = await faultOf(fuzzed, operation, guest, headers)
            if (fault !== null)
              faults.set(
                `${operation} ${fault.slice(0, 60)}`,
                `${operation} as ${asker} (seed ${seed}): ${fault}\n  asked ${described(guest)}`,
              )
          }),
        )
      }
      for (const mistake of fuzzed.mistakes.slice(before))
        faults.set(`${operation} ${mistake.slice(0, 100)}`, `${operation} as ${asker}: the hub logged ${mistake}`)
    }
  }
  return [...faults.values()]
}

const isWelcome = ({ actor }: RouteContract, asker: Asker): boolean =>
  actor === 'none' || (asker === 'person' && actor !== 'agent') || (asker === 'device' && actor !== 'user')

async function faultOf(
  { hub }: FuzzedHub,
  operation: OperationId,
  guest: Guest,
  headers: Readonly<Record<string, string>>,
): Promise<string | null> {
  const contract: RouteContract = api[operation]
  try {
    const answer = await sendGuest(hub.origin, contract, guest, headers)
    return answer === null ? null : faultOfAnswer(operation, contract, answer)
  } catch (error) {
    return `no answer: ${error instanceof Error ? error.message : String(error)}`
  }
}

const described = ({ path, headers, body, isCut }: Guest): string =>
  `${path.slice(0, 400)} ${inspect(headers)} ${isCut ? 'cut ' : ''}${body === null ? '' : body.toString('utf8').slice(0, 400)}`
