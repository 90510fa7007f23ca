import { AppError, type VaultId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { AuditDetails } from '../../platform/audit/audit-scope.ts'
import { writeAuditEntry } from '../../platform/audit/write-audit-entry.ts'
import { takeOnAgents, type TakenOn } from '../agents/index.ts'
import { openOfflineVaults, type OfflineVaults, type OfflineVaultsDeps, type RebuiltVault } from '../vaults/index.ts'
import { findSelfBackups, type FoundSelfBackup } from './find-kept-hub-id.ts'
import { hostsOf, type RebuildHubDeps } from './rebuild-hub.ts'
import { restoreTables, type RestoredTables } from './restore-tables.ts'
import type { SelfBackupHead } from './self-backup-lines.ts'
import { endDoubtfulRights, lengthenUndo, listMissingVaults, type EndedRights } from './restored-rights.queries.ts'
import { countHoldings, emptyTables } from './table-rows.queries.ts'

export interface RestoreOrder {
  /** Id, or its beginning; null = the newest. */
  readonly wanted: string | null
  /** Whatever the database holds may go. */
  readonly isReplacing: boolean
  /** The person knows that no API token was revoked since. */
  readonly keepsTokens: boolean
}

export interface RestoredHub {
  readonly selfBackup: SelfBackupHead & { readonly id: string }
  readonly rows: RestoredTables['rows']
  readonly ended: EndedRights
  readonly devices: TakenOn
  readonly vaults: readonly RebuiltVault[]
  /** Vaults that the self-backup knows and the store does not have. */
  readonly missingVaults: readonly VaultId[]
}

/**
 * Puts a self-backup into the database and makes the rest again from the store: in one transaction, all of it or nothing. No hub may run meanwhile.
 *
 * What a person may have taken away since it was written does not come back by itself: API tokens and enrolment tokens end, devices that the vault knows as revoked stay
 * so, and deleted snapshots can be had back for as long as on the first day.
 *
 * @throws AppError `self-backup.not-found`, `database.not-empty`, `vault.corrupt`, `vault.format-unsupported`, `vault.wrong-key`, `store.*`
 */
export async function restoreHub(deps: RebuildHubDeps, order: RestoreOrder): Promise<RestoredHub> {
  const vaults = await openAll(deps)
  try {
    const found = choose(await findSelfBackups(vaults), order.wanted)
    return await deps.database.transaction((em) => restoreInto(deps, em, { vaults, found, order }))
  } finally {
    await vaults.close()
  }
}

const openAll = async (deps: OfflineVaultsDeps): Promise<OfflineVaults> =>
  openOfflineVaults(deps, await deps.folders.findVaults(), { passesLocked: true })

function choose(found: readonly FoundSelfBackup[], wanted: string | null): FoundSelfBackup {
  const fitting = wanted === null ? found : found.filter(({ stored }) => stored.id.startsWith(wanted.toLowerCase()))
  const [first, second] = fitting
  if (first === undefined || (wanted !== null && second !== undefined))
    throw new AppError('self-backup.not-found', {
      ...(first === undefined ? {} : { message: `Several self-backups begin with ${wanted}.` }),
      context: { found: found.length },
    })
  return first
}

interface Restoring {
  readonly vaults: OfflineVaults
  readonly found: FoundSelfBackup
  readonly order: RestoreOrder
}

async function restoreInto(deps: RebuildHubDeps, em: EntityManager, { vaults, found, order }: Restoring): Promise<RestoredHub> {
  const { people, devices, plans, runs } = await countHoldings(em)
  if (people + devices + plans + runs > 0 && !order.isReplacing)
    throw new AppError('database.not-empty', { context: { people, devices, plans, runs } })
  const now = new Date(deps.now())
  await emptyTables(em)
  await vaults.prepareDecisions(em)
  const { head, rows } = await restoreTables(em, found.shelf.read(found.stored))
  const ended = await endDoubtfulRights(em, now, order.keepsTokens)
  await lengthenUndo(em, now)
  const rebuilt: RebuiltVault[] = []
  for (const id of vaults.ids) rebuilt.push(await vaults.rebuild(em, id))
  const takenOn = await takeOnAgents(em, await vaults.registeredAgents('all'), await hostsOf(em))
  await writeAuditEntry(em, auditOf(head, found.stored.id), now)
  const missingVaults = await listMissingVaults(em, vaults.ids)
  return { selfBackup: { ...head, id: found.stored.id }, rows, ended, devices: takenOn, vaults: rebuilt, missingVaults }
}

const auditOf = (head: SelfBackupHead, id: string) => ({
  actor: { kind: 'command-line' as const, id: null, name: null, viaTokenId: null },
  action: 'command:rebuild',
  object: null,
  address: null,
  requestId: null,
  outcome: 'done' as const,
  code: null,
  details: { selfBackup: id, restoredFrom: new Date(head.createdAtMs).toISOString() } satisfies AuditDetails,
})
