import { AppError, type RunOrder } from '@holdfast/shared-types'
import { orderRules } from '../../platform/access/access-rules.ts'
import { requireAccess } from '../../platform/access/require-access.ts'
import type { KnownActor } from '../../platform/http/actor.ts'
import type { AgentRecord } from '../agents/index.ts'
import type { RestorableSnapshot } from './runs-state.ts'

/**
 * A device's snapshot may be restored on another one where a person says so, and where the other one has the keys and the system for it.
 * The device that made it may be revoked or gone: a laptop that died is why one asks.
 *
 * @throws AppError `restore.target-invalid`, `token.scope-too-small`
 */
export function requireForeignRestore(
  { actor, agent }: { readonly actor: KnownActor; readonly agent: AgentRecord },
  order: Pick<RunOrder, 'kind'>,
  snapshot: RestorableSnapshot,
): void {
  // A device that was taken over must not read by its own word what others have backed up.
  if (actor.kind !== 'user' || order.kind !== 'restore')
    throw refused(
      'The snapshot is another device\u2019s.',
      'Choose the device that it was made on. A person can restore it to another one from the console, or download files of it.',
    )
  requireAccess(orderRules.restoreToAnotherDevice, actor)
  if (snapshot.vaultId !== agent.vaultId || snapshot.domainId !== agent.domainId)
    throw refused(
      'The snapshot lies in another vault or domain than this device\u2019s: the device has no keys for it.',
      'Choose a device of the same vault and domain, or download files of the snapshot.',
    )
  if (snapshot.system !== null && snapshot.system !== agent.host.os)
    throw refused(
      `The snapshot is of a ${systemNames[snapshot.system]} system, and this device runs ${systemNames[agent.host.os]}.`,
      'Choose a device with the same system, or download files of the snapshot.',
    )
}

const systemNames = { linux: 'Linux', windows: 'Windows', macos: 'macOS' } as const satisfies Record<
  NonNullable<RestorableSnapshot['system']>,
  string
>

const refused = (message: string, cure: string): AppError => new AppError('restore.target-invalid', { message, cure })
