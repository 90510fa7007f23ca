import { AppError } from '@holdfast/shared-types'
import type { RebuildHubDeps, RebuiltHub, RestoredHub } from '../features/self-backups/index.ts'
import type { RebuildProgress } from '../features/vaults/index.ts'
import type { AuditDetails } from '../platform/audit/audit-scope.ts'
import type { Database } from '../platform/database/database.ts'
import { requireYes } from './ask-yes.ts'
import type { CliContext } from './cli-context.ts'
import type { HeldDataFolder } from './hold-data-folder.ts'
import { rebuildLines, restoredLines } from './rebuild-lines.ts'
import { useRecoveryKey } from './recovery-key-command.ts'
import { parseVaultOption } from './vault-id-option.ts'
import { holdForCommand, withDatabase } from './with-database.ts'

export interface RebuildOptions {
  readonly vault: string | null
  /** With recovery words, for a machine whose secret opens no vault yet. */
  readonly keyFile: string | null
  /** Null = nothing is put back but what is derived from the store. */
  readonly selfBackup: { readonly wanted: string | null } | null
  readonly isReplacing: boolean
  readonly keepsTokens: boolean
  /** Nobody is asked. */
  readonly isSure: boolean
}

/** Makes all rows again that are derived from the store; with a self-backup also those that are not. */
export async function rebuildCommand(context: CliContext, options: RebuildOptions): Promise<void> {
  const vaultId = parseVaultOption(options.vault)
  if (options.selfBackup !== null && vaultId !== null)
    throw new AppError('command.invalid', { message: '--vault does not go with --from-self-backup: all vaults of the store are read.' })
  const startedAtMs = performance.now()
  const held = await holdForCommand(context, 'rebuild')
  try {
    if (options.keyFile !== null) await useRecoveryKey(context, { file: options.keyFile, vault: options.vault }, held.secret)
    const done = await withDatabase(context, held, (database) => rebuild(context, options, { held, database, vaultId }))
    const durationMs = Math.round(performance.now() - startedAtMs)
    const { vaults } = done
    const lines = rebuildLines(done, durationMs)
    if ('selfBackup' in done) context.answer({ ...done, durationMs }, [...restoredLines(done), ...lines])
    else context.answer({ vaults, devices: done.devices, durationMs }, lines)
  } finally {
    held.lock.release()
  }
}

interface Ground {
  readonly held: HeldDataFolder
  readonly database: Database
  readonly vaultId: ReturnType<typeof parseVaultOption>
}

async function rebuild(context: CliContext, options: RebuildOptions, ground: Ground): Promise<RebuiltHub | RestoredHub> {
  const { database } = ground
  const [{ rebuildHub, restoreHub, countHoldings }, { VaultFolders }, { writeAuditEntry }] = await Promise.all([
    import('../features/self-backups/index.ts'),
    import('../features/vaults/index.ts'),
    import('../platform/audit/write-audit-entry.ts'),
  ])
  const { show, end } = progressLine()
  const folders = new VaultFolders(context.config.storeUrl)
  const deps: RebuildHubDeps = { database, folders, secret: ground.held.secret, log: context.log, now: Date.now, onProgress: show }
  const { selfBackup, isReplacing, keepsTokens, isSure } = options
  if (selfBackup !== null) {
    if (isReplacing && !isSure) {
      const { people, devices, plans, runs } = await countHoldings(database.em())
      const holds = `${people} people, ${devices} devices, ${plans} plans, ${runs} runs and its audit log`
      await requireYes(`The database holds ${holds}. All of it is replaced by the self-backup. Go on?`, '--yes')
    }
    return restoreHub(deps, { wanted: selfBackup.wanted, isReplacing, keepsTokens }).finally(end)
  }
  const rebuilt = await rebuildHub(deps, ground.vaultId).finally(end)
  await writeAuditEntry(database.em(), auditOf(rebuilt), new Date())
  return rebuilt
}

const auditOf = ({ vaults }: RebuiltHub) => ({
  actor: { kind: 'command-line' as const, id: null, name: null, viaTokenId: null },
  action: 'command:rebuild',
  object: vaults.length === 1 ? { kind: 'vault' as const, id: vaults[0]!.vaultId, name: null } : null,
  address: null,
  requestId: null,
  outcome: 'done' as const,
  code: null,
  details: {
    packs: vaults.reduce((sum, { packs }) => sum + packs, 0),
    snapshots: vaults.reduce((sum, { snapshots }) => sum + snapshots, 0),
  } satisfies AuditDetails,
})

const showEveryMs = 200

/** One line on a terminal that is written over and over; elsewhere nothing. */
function progressLine(): { readonly show: (progress: RebuildProgress) => void; readonly end: () => void } {
  const { stderr } = process
  let shownAtMs = 0
  return {
    show({ reading, done }) {
      const nowMs = performance.now()
      if (!stderr.isTTY || nowMs - shownAtMs < showEveryMs) return
      shownAtMs = nowMs
      stderr.write(`\r\u001B[2KReading ${reading}: ${done.toLocaleString('en')}`)
    },
    end() {
      if (stderr.isTTY) stderr.write('\r\u001B[2K')
    },
  }
}
