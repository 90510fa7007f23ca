import { z } from 'zod'
import { adminCommand, lookingCommand, type Feature } from '../../platform/http/define-feature.ts'
import type { HubServices } from '../../platform/services.ts'
import type { SelfBackupShelf } from '../vaults/index.ts'
import { isImportant } from './important-actions.ts'
import { SelfBackups } from './self-backups.ts'

export interface SelfBackupsFeature {
  readonly feature: Feature
  /** When the newest was made; null = never, undefined = not known yet. */
  newestAtMs(): number | null | undefined
}

/** @param shelf of the default vault */
export function createSelfBackups(
  { database, domainEvents, hubId, log, now }: HubServices,
  { hubVersion, shelf }: { readonly hubVersion: string; readonly shelf: SelfBackupShelf },
): SelfBackupsFeature {
  const backups = new SelfBackups({ database, shelf, hubId, hubVersion, now, log })
  domainEvents.on('action.recorded', ({ action, outcome }) => {
    if (outcome === 'done' && isImportant(action)) backups.noteChange()
  })
  return {
    newestAtMs: () => backups.newestAtMs,
    feature: {
      name: 'self-backups',
      adminCommands: {
        'self-backup.make': adminCommand(z.strictObject({}), () => backups.make()),
        'self-backup.list': lookingCommand(z.strictObject({}), async () => ({ items: (await backups.list()).toReversed() })),
      },
      start: () => backups.start(database.em()),
      stop: () => backups.stop(),
    },
  }
}
