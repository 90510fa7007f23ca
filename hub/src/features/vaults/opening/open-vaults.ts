import { randomUUID } from 'node:crypto'
import { VaultId } from '@holdfast/shared-types'
import { createVault, type BlobIndex } from '@holdfast/engine/vault'
import { finishRemovals, finishUnwritten, type RemoveDeps } from '../removing/remove-decided.ts'
import type { OpenVault } from '../contents/open-vault.ts'
import { VaultContents } from '../contents/vault-contents.ts'
import { keepEverything, lengthenUndo, lockCollection } from '../tables/collecting.queries.ts'
import { endAllSessions } from '../tables/sessions.queries.ts'
import { epochsSkipped, insertVault, listVaultRecords, setVaultEpoch, type VaultRecord } from '../tables/vaults.queries.ts'
import { loadPacks, type LoadDeps } from './load-packs.ts'
import { loadSnapshots } from './load-snapshots.ts'
import type { StoreMark } from './store-mark.ts'
import { openVaultOf, recordOf, unlockVault, type UnlockedVault } from './unlock-vault.ts'
import type { VaultFolders } from './vault-folders.ts'

export interface OpenVaultsDeps extends LoadDeps, RemoveDeps {
  readonly folders: VaultFolders
  readonly mark: StoreMark
  /** Of all vaults; empty. */
  readonly index: BlobIndex
  /** 32 bytes that open the vaults' key slots. */
  readonly secret: Uint8Array
}

/**
 * Opens every vault of the database; on a first start makes one, and with an empty database beside existing vaults takes those on.
 * Whatever lies in a store without a row is adopted before anything is served.
 *
 * @throws AppError `store.unavailable`, `vault.wrong-key`
 */
export async function openVaults(deps: OpenVaultsDeps): Promise<OpenVault[]> {
  const vaults = await findAndOpen(deps)
  deps.mark.settle(deps.log)
  return vaults
}

async function findAndOpen(deps: OpenVaultsDeps): Promise<OpenVault[]> {
  const { database, folders, mark } = deps
  const records = await listVaultRecords(database.em())
  const found = await folders.findVaults()
  if (records.length > 0) {
    tellUnknown(deps, records, found)
    return openKnown(deps, records)
  }
  if (found.length === 0) {
    mark.requireNewPlace()
    return [await createDefault(deps)]
  }
  const taken = await takeOn(deps, found)
  // What the hub keeps of itself lies in a vault that it can open.
  return taken.some(({ kind }) => kind === 'managed') ? taken : [await createDefault(deps), ...taken]
}

/** A vault that somebody put here, or that an older version left when its taking on was interrupted: not served, and not silently. */
function tellUnknown({ log }: OpenVaultsDeps, records: readonly VaultRecord[], found: readonly VaultId[]): void {
  const known = new Set(records.map(({ id }) => id))
  for (const vaultId of found)
    if (!known.has(vaultId))
      log.warn(
        { event: 'vault.unknown', vaultId },
        'The store holds a vault that this hub\u2019s database does not know: it is left as it is and not served. Move its folder to another hub\u2019s store, or away',
      )
}

async function openKnown(deps: OpenVaultsDeps, records: readonly VaultRecord[]): Promise<OpenVault[]> {
  const vaults: OpenVault[] = []
  for (const record of records) vaults.push(await load(deps, opened(deps, record, await unlockVault(deps, record.id))))
  return vaults
}

async function createDefault(deps: OpenVaultsDeps): Promise<OpenVault> {
  const { database, folders, secret, log, now } = deps
  const vaultId = VaultId.parse(randomUUID())
  const createdAtMs = now()
  const store = await folders.create(vaultId)
  const vault = await createVault(store, {
    vaultId,
    domainId: randomUUID(),
    kind: 'managed',
    createdAtMs,
    secrets: [{ kind: 'hub-secret', secret }],
  })
  // A crash before this line leaves a vault without a row, which the next start takes on.
  const record = recordOf(vault, 1)
  await insertVault(database.em(), record)
  log.info({ event: 'vault.created', vaultId, storeKind: record.storeKind }, 'Default vault created')
  return opened(deps, record, vault)
}

/** The database is new, the vaults are not: it is made again from them. All rows or none, for a next start goes by the rows alone. */
async function takeOn(deps: OpenVaultsDeps, found: readonly VaultId[]): Promise<OpenVault[]> {
  const unlocked: { readonly record: VaultRecord; readonly vault: UnlockedVault }[] = []
  for (const vaultId of found) {
    const vault = await unlockVault(deps, vaultId)
    unlocked.push({ vault, record: recordOf(vault, epochsSkipped) })
  }
  await deps.database.transaction(async (em) => {
    for (const { record } of unlocked) await insertVault(em, record)
  })
  for (const { record } of unlocked)
    deps.log.warn({ event: 'vault.adopted', vaultId: record.id }, 'A vault without a row in the database was taken on')
  const vaults: OpenVault[] = []
  for (const { record, vault } of unlocked) vaults.push(await load(deps, opened(deps, record, vault)))
  return vaults.toSorted((left, right) => left.record.createdAt.getTime() - right.record.createdAt.getTime())
}

const opened = ({ index }: OpenVaultsDeps, record: VaultRecord, vault: UnlockedVault): OpenVault =>
  openVaultOf(record, vault, new VaultContents(index))

/** Makes rows and store agree; the epoch stays above all that the store has seen. */
async function load(deps: OpenVaultsDeps, vault: OpenVault): Promise<OpenVault> {
  // What was written down before goes first: else it would be taken for lost, or on again.
  const { highestEpoch: journalled, removedKeys, untaken: journals } = await finishRemovals(deps, vault)
  await loadPacks(deps, vault)
  const { highestEpoch, untaken: snapshots } = await loadSnapshots(deps, vault, removedKeys)
  vault.untaken = [...journals, ...snapshots]
  const highest = Math.max(highestEpoch, journalled)
  if (highest > vault.record.epoch) await beginAnew(deps, vault, highest + epochsSkipped)
  await finishUnwritten(deps, vault)
  return vault
}

/**
 * The database is older than the store: it was put back from a copy, or made anew. Sessions that it remembers know nothing of what happened since, so they end; and nothing
 * that it says of condemned segments holds.
 */
async function beginAnew({ database, log, now }: OpenVaultsDeps, vault: OpenVault, epoch: number): Promise<void> {
  await database.transaction(async (em) => {
    await lockCollection(em, vault.id, 'alone')
    await setVaultEpoch(em, vault.id, epoch)
    await endAllSessions(em, vault.id)
    await keepEverything(em, vault.id)
    await lengthenUndo(em, vault.id, new Date(now()))
  })
  vault.contents.setNothingCondemned()
  log.warn(
    { event: 'vault.database-older', vaultId: vault.id, epoch },
    'The database is older than the vault: it was brought up to date from the store. Backups that ran meanwhile begin again',
  )
}
