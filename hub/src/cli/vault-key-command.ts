import path from 'node:path'
import type { CliContext } from './cli-context.ts'
import { keepKeyFile, requireNoFile } from './key-file.ts'
import { withAdmin } from './with-admin.ts'

export interface ExportVaultKeyOptions {
  /** Where to; never replaced. */
  readonly file: string
  /** Id or name; null = the default vault. */
  readonly vault: string | null
}

/**
 * Puts a new recovery key of a vault into a file. The file is there, whole, before the vault opens with its words; where the vault cannot be
 * made to, the file goes again.
 */
export async function exportVaultKeyCommand(context: CliContext, { file, vault }: ExportVaultKeyOptions): Promise<void> {
  const place = path.resolve(file)
  // Before a database is started for it.
  requireNoFile(place)
  const { vaultId, name, slotId } = await withAdmin(context, async (admin) => {
    const key = await admin['vault-key-make']({ vault })
    const added = await keepKeyFile(place, { format: 'holdfast-key-1', vaultId: key.vaultId, words: key.words }, () =>
      admin['vault-key-add']({ vaultId: key.vaultId, words: key.words }),
    )
    return { ...key, ...added }
  })
  context.answer({ vaultId, file: place, slotId }, [
    `The recovery key of the vault ${name} (${vaultId}) is in ${place}.`,
    'Whoever has this file and the vault can read every backup in it. Keep it, or the words in it on paper, away from this machine:',
    'it is what opens the vault when this hub is gone. `holdfast vault open FOLDER --key-file FILE snapshots` tries it.',
  ])
}
