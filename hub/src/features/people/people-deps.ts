import type { UserId } from '@holdfast/shared-types'
import type { HubServices } from '../../platform/services.ts'

export interface PeopleDeps extends Pick<HubServices, 'database' | 'domainEvents' | 'now' | 'origin'> {
  /** @throws AppError `sign-in.failed`, `sign-in.throttled`; an account without a password is asked for none */
  readonly provePassword: (userId: UserId, address: string, password: string | undefined) => Promise<void>
}
