import type { StoredSelfBackup } from '../admin-socket/admin-operations.ts'
import type { CliContext } from './cli-context.ts'
import { withAdmin } from './with-admin.ts'

/** Has the hub back itself up now. */
export async function selfBackupCommand(context: CliContext): Promise<void> {
  const made = await withAdmin(context, (admin) => admin['self-backup']({}))
  context.answer(made, [
    `The hub backed itself up into its vault: ${made.id} (${kibibytes(made)} KiB).`,
    'The vault\u2019s recovery key opens it. `holdfast-hub rebuild --from-self-backup` puts it back.',
  ])
}

/** Shows what lies in the vault, newest first. */
export async function listSelfBackupsCommand(context: CliContext): Promise<void> {
  const { items } = await withAdmin(context, (admin) => admin['self-backup-list']({}))
  context.answer({ items }, items.length === 0 ? ['There is none yet.'] : items.map(lineOf))
}

const lineOf = (backup: StoredSelfBackup): string =>
  `${new Date(backup.createdAtMs).toISOString()}  ${backup.id}  ${kibibytes(backup)} KiB${backup.isWhole ? '' : backup.isReadable ? '  unfinished' : '  unreadable'}`

const kibibytes = ({ sizeBytes }: StoredSelfBackup): string => Math.ceil(sizeBytes / 1024).toLocaleString('en')
