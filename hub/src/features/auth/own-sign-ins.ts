import { AppError, type SignIn, type UserId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { Database } from '../../platform/database/database.ts'
import { afterCommit } from '../../platform/database/unit-of-work.ts'
import type { DomainEventBus } from '../../platform/events/domain-events.ts'
import type { UserActor } from '../../platform/http/actor.ts'
import { deleteOtherSignIns, deleteOwnSignIn, listSignInRows, signInIdOf } from './sign-ins.queries.ts'

interface OwnSignInsDeps {
  readonly database: Database
  readonly domainEvents: DomainEventBus
  readonly now: () => number
}

/** Who is signed in, and by which sign-in. The access rules let no API token as far as here. */
export function signedInBy({ userId, signInId }: UserActor): { readonly userId: UserId; readonly signInId: string } {
  if (signInId === null) throw new AppError('access.denied')
  return { userId, signInId }
}

export async function listOwnSignIns(em: EntityManager, actor: UserActor, nowMs: number): Promise<SignIn[]> {
  const own = signedInBy(actor)
  return (await listSignInRows(em, own.userId, nowMs)).map((row) => {
    const id = signInIdOf(row.tokenHash)
    return {
      id,
      device: row.device ?? null,
      address: row.address ?? null,
      createdAtMs: row.createdAt.getTime(),
      lastSeenAtMs: row.seenAt.getTime(),
      expiresAtMs: row.expiresAt.getTime(),
      isCurrent: id === own.signInId,
    }
  })
}

/** Ends one of the person's sign-ins and cuts what is open in it. @throws AppError `sign-in.not-found` */
export function endOwnSignIn(deps: OwnSignInsDeps, { userId }: UserActor, signInId: string): Promise<void> {
  return deps.database.transaction(async (em) => {
    if (!(await deleteOwnSignIn(em, userId, signInId))) throw new AppError('sign-in.not-found')
    afterCommit(em, () => deps.domainEvents.emit('sign-in.ended', { signInIds: [signInId], userId }))
  })
}

/** @returns how many were ended */
export function endOtherSignIns(deps: OwnSignInsDeps, actor: UserActor): Promise<number> {
  const { userId, signInId } = signedInBy(actor)
  return deps.database.transaction(async (em) => {
    const signInIds = await deleteOtherSignIns(em, userId, signInId)
    afterCommit(em, () => deps.domainEvents.emit('sign-in.ended', { signInIds, userId }))
    return signInIds.length
  })
}
