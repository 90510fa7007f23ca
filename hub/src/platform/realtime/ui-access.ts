import type { Topic } from '@holdfast/shared-types'
import type { UserActor } from '../access/actor.ts'

/** What the live connection asks of the features, beside the table of access rules. */
export interface UiAccess {
  /** @throws AppError `run.not-found` and the like, exactly as the REST call would */
  requireTopic(actor: UserActor, topic: Topic): Promise<void>
  /** Those of the given people whose sign-in or API token holds no more. */
  endedAmong(actors: readonly UserActor[]): Promise<ReadonlySet<UserActor>>
}
