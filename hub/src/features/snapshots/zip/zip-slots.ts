import { AppError } from '@holdfast/shared-types'
import type { KnownActor } from '../../../platform/http/actor.ts'

/**
 * Zips packed at once. Each keeps about one core busy and holds some 10 MB, and up to 63 MB for its directory: the backups of all devices
 * go through the same process. One person has half, so that nobody waits for one; a device, which has restores for all it wants, one.
 */
const maxAtOnce = 4
const mostOf = { user: 2, agent: 1 } as const satisfies Record<KnownActor['kind'], number>

export interface ZipSlots {
  /** @throws AppError `snapshot.zips-busy` */
  requireFree(actor: KnownActor): void
  /** @returns gives the slot back; calling it again does nothing @throws AppError `snapshot.zips-busy` */
  take(actor: KnownActor): () => void
}

export function createZipSlots(): ZipSlots {
  const taken = new Map<string, number>()
  const total = (): number => [...taken.values()].reduce((sum, count) => sum + count, 0)
  const requireFree = (actor: KnownActor): void => {
    const most = mostOf[actor.kind]
    if ((taken.get(accountOf(actor)) ?? 0) >= most)
      throw new AppError('snapshot.zips-busy', { message: `You are downloading ${most === 1 ? 'a folder' : `${most} folders`} already.` })
    if (total() >= maxAtOnce) throw new AppError('snapshot.zips-busy')
  }
  return {
    requireFree,
    take(actor) {
      requireFree(actor)
      const account = accountOf(actor)
      taken.set(account, (taken.get(account) ?? 0) + 1)
      let isHeld = true
      return () => {
        if (!isHeld) return
        isHeld = false
        const left = (taken.get(account) ?? 1) - 1
        if (left === 0) taken.delete(account)
        else taken.set(account, left)
      }
    },
  }
}

/** Programs of a person count as the person. */
export const accountOf = (actor: KnownActor): string => (actor.kind === 'user' ? `user ${actor.userId}` : `agent ${actor.agentId}`)
