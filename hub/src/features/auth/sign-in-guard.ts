import { createHmac } from 'node:crypto'
import { AppError, UserId } from '@holdfast/shared-types'
import type { Database } from '../../platform/database/database.ts'
import { addressKey } from '../../platform/limits/address-key.ts'
import {
  blockedUntilMs,
  countFailure,
  deleteForgotten,
  forgetFailures,
  knowsPlace,
  notePlace,
  takeBackFailures,
} from './failed-sign-ins.queries.ts'
import { failureRules, type FailureKind } from './failure-rules.ts'

/** What somebody tries to get in by. */
export interface SignInAttempt {
  /** The e-mail address as it is compared; null for a link, which names nobody. */
  readonly account: string | null
  /** The account of that address, if there is one: whether the place is known is asked for it. */
  readonly userId: UserId | null
  readonly address: string
}

/** Slows guessing down (failure-rules.ts). Kept in the database: a restart forgets nothing, and several hubs count together. */
export interface SignInGuard {
  /**
   * Counts a try as failed, before its slow part: a thousand tries at once are a thousand tries.
   *
   * @returns to be called when the try turned out well
   * @throws AppError `sign-in.throttled`, and then nothing was tried; the same for accounts that are there and that are not
   */
  begin(attempt: SignInAttempt): Promise<() => Promise<void>>
  /** Removes what says nothing any more. */
  tidy(): Promise<void>
}

/** A place is known for as long as a person may be away. */
const placeMemoryMs = 90 * 86_400_000

const nobodysId = UserId.parse('00000000-0000-0000-0000-000000000000')

interface Counted {
  readonly kind: FailureKind
  readonly key: Buffer
}

export interface SignInGuardDeps {
  readonly database: Database
  /** Keys of the table are hashes with this: it holds what people typed, which now and then is a password in the wrong field. */
  readonly secret: Uint8Array
  readonly now: () => number
}

export function createSignInGuard({ database, secret, now }: SignInGuardDeps): SignInGuard {
  const hash = (...parts: readonly string[]): Buffer =>
    createHmac('sha256', secret)
      .update(JSON.stringify(['holdfast-sign-in-failures', ...parts]))
      .digest()
  const placeOf = (address: string): Buffer => hash('place', addressKey(address))

  const countedFor = async ({ account, userId, address }: SignInAttempt): Promise<Counted[]> => {
    const place = addressKey(address)
    const byAddress: Counted = { kind: 'address', key: hash('address', place) }
    if (account === null) return [byAddress]
    // Asked for accounts that are not there as well: they must not answer sooner.
    const isKnown = await knowsPlace(database.em(), userId ?? nobodysId, placeOf(address))
    const byAccount: Counted = { kind: 'account', key: hash('account', account) }
    // The narrowest first: who is held up there does not count against the others.
    return [{ kind: 'pair', key: hash('pair', account, place) }, ...(isKnown ? [] : [byAccount]), byAddress]
  }

  return {
    async begin(attempt) {
      const counted = await countedFor(attempt)
      const keys = counted.map(({ key }) => key)
      const requireCalm = async (): Promise<void> => {
        const untilMs = await blockedUntilMs(database.em(), keys, now())
        if (untilMs > 0) throw throttled(untilMs - now())
      }
      await requireCalm()
      for (const { kind, key } of counted) {
        if (await countFailure(database.em(), key, failureRules[kind], now())) continue
        // Another try at the same moment was the one too many.
        await requireCalm()
        throw throttled(failureRules[kind].firstWaitMs)
      }
      return async () => {
        const em = database.em()
        for (const { kind, key } of counted) if (kind === 'pair') await forgetFailures(em, key)
        await takeBackFailures(
          em,
          counted.filter(({ kind }) => kind !== 'pair').map(({ key }) => key),
        )
        if (attempt.userId !== null) await notePlace(em, attempt.userId, placeOf(attempt.address), new Date(now()))
      }
    },
    tidy: () => deleteForgotten(database.em(), new Date(now()), new Date(now() - placeMemoryMs)),
  }
}

const throttled = (waitMs: number): AppError =>
  new AppError('sign-in.throttled', { context: { retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) } })
