import { AppError } from '@holdfast/shared-types'
import type { LimitClass } from '../access/access-rules.ts'
import type { Actor } from '../access/actor.ts'
import { addressKey } from './address-key.ts'
import { createTokenBuckets, type BucketSize } from './token-buckets.ts'

/** How often the API may be called. In memory: a restart gives everybody a full bucket, which harms nobody. */
export interface RequestLimits {
  /** Before anything is looked at: even finding out who asks costs something. @throws AppError `access.throttled` */
  takeForAddress(limit: LimitClass, address: string): void
  /** Once it is known who asks. @throws AppError `access.throttled` */
  takeForActor(limit: LimitClass, actor: Actor): void
}

type Limited = Exclude<LimitClass, 'none'>

/**
 * In parts of the general limit of an address (HOLDFAST_RATE_LIMIT a second). A burst is what a page that opens, or an office behind one
 * address, asks at once. Enrolling and signing in cost the hub more, and nobody has to do them often.
 */
const partOf: Readonly<Record<Limited, { readonly burst: number; readonly perSecond: number }>> = {
  general: { burst: 10, perSecond: 1 },
  enrolment: { burst: 2, perSecond: 0.2 },
  'sign-in': { burst: 0.5, perSecond: 0.01 },
}

/**
 * @param perSecond requests that one address may make for good, and one account half as many; 0 = no limit
 * @param now milliseconds that never go back
 */
export function createRequestLimits(perSecond: number, now: () => number = () => performance.now()): RequestLimits {
  const buckets = createTokenBuckets(now)
  const sizeOf = (limit: Limited, share: number): BucketSize => ({
    burst: Math.max(1, partOf[limit].burst * perSecond * share),
    perSecond: partOf[limit].perSecond * perSecond * share,
  })
  const take = (limit: LimitClass, key: string, share: number): void => {
    if (limit === 'none' || perSecond === 0) return
    const waitMs = buckets.take(`${limit} ${key}`, sizeOf(limit, share))
    if (waitMs > 0) throw new AppError('access.throttled', { context: { retryAfterSeconds: Math.ceil(waitMs / 1000) } })
  }
  return {
    takeForAddress: (limit, address) => take(limit, `address ${addressKey(address)}`, 1),
    takeForActor(limit, actor) {
      if (actor.kind === 'user') take(limit, `account ${actor.userId}`, 0.5)
      else if (actor.kind === 'agent') take(limit, `agent ${actor.agentId}`, 0.5)
    },
  }
}
