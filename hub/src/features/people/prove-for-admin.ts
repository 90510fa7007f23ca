import { AppError } from '@holdfast/shared-types'
import type { UserActor } from '../../platform/http/actor.ts'
import type { PeopleDeps } from './people-deps.ts'

/** Who asks, and what they prove it with. */
export interface Asking {
  readonly actor: UserActor
  readonly address: string
  /** Undefined: not said, as by who has none. */
  readonly currentPassword: string | undefined
}

/**
 * Before somebody becomes an administrator or stops being one, or the account of one is opened by a link: what is asked of administrators with their password, such as the words of a vault, could else be had by
 * the account that was made, opened, or put down for as long as it takes to make a link into it. So it is asked for here too, and no program does it.
 *
 * @throws AppError `access.denied` for an API token; `sign-in.failed`, `sign-in.throttled`
 */
export async function proveForAdmin({ provePassword }: PeopleDeps, { actor, address, currentPassword }: Asking): Promise<void> {
  if (actor.signInId === null)
    throw new AppError('access.denied', {
      message: 'An API token makes or puts down no administrator, and opens no account of one.',
      cure: 'Sign in and do it in the console, or run `holdfast-hub sign-in-link` on the hub\u2019s machine.',
    })
  await provePassword(actor.userId, address, currentPassword)
}
