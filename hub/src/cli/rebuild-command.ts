import type { RebuildProgress, RebuiltVault } from '../features/vaults/index.ts'
import type { CliContext } from './cli-context.ts'
import { rebuildLines } from './rebuild-lines.ts'
import { parseVaultOption } from './vault-id-option.ts'
import { holdForCommand, withDatabase } from './with-database.ts'

export interface RebuildOptions {
  readonly vault: string | null
}

/** Makes all rows again that are derived from the store. */
export async function rebuildCommand(context: CliContext, options: RebuildOptions): Promise<void> {
  const vaultId = parseVaultOption(options.vault)
  const startedAtMs = performance.now()
  const held = await holdForCommand(context, 'rebuild')
  try {
    const vaults = await withDatabase(context, held, async (database): Promise<RebuiltVault[]> => {
      const [{ rebuildVaults, VaultFolders }, { writeAuditEntry }] = await Promise.all([
        import('../features/vaults/index.ts'),
        import('../platform/audit/write-audit-entry.ts'),
      ])
      const folders = new VaultFolders(context.config.storeUrl)
      const progress = progressLine()
      const deps = { database, folders, secret: held.secret, log: context.log, now: Date.now, onProgress: progress.show }
      const rebuilt = await rebuildVaults(deps, vaultId).finally(progress.end)
      await writeAuditEntry(database.em(), auditOf(rebuilt), new Date())
      return rebuilt
    })
    const durationMs = Math.round(performance.now() - startedAtMs)
    context.answer({ vaults, durationMs }, rebuildLines(vaults, durationMs))
  } finally {
    held.lock.release()
  }
}

const auditOf = (vaults: readonly RebuiltVault[]) => ({
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
  },
})

const showEveryMs = 200

/** One line on a terminal that is written over and over; elsewhere nothing. */
export function progressLine(): { readonly show: (progress: RebuildProgress) => void; readonly end: () => void } {
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
