import type { LiveEvent, Topic } from '@holdfast/shared-types'
import type { UserActor } from '../http/actor.ts'

/** The rules of REST for what is told live; the features that own topics answer. */
export interface UiAccess {
  /** @throws AppError `run.not-found` and the like, exactly as the REST call would */
  requireTopic(actor: UserActor, topic: Topic): Promise<void>
  maySee(actor: UserActor, event: LiveEvent): boolean
  /** Those of the given sign-ins that still hold. */
  livingSignIns(signInIds: readonly string[]): Promise<ReadonlySet<string>>
}
