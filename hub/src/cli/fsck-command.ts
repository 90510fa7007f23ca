import { errorFacts } from '@holdfast/shared-types'
import type { FsckReport } from '../admin-socket/admin-operations.ts'
import type { CliContext } from './cli-context.ts'
import { parseVaultOption } from './vault-id-option.ts'
import { withAdmin } from './with-admin.ts'

export interface FsckOptions {
  /** Null = the default vault. */
  readonly vault: string | null
  /** Reads and opens every stored byte, not only footers and trees. */
  readonly deep: boolean
}

/** @returns the exit status: a damaged vault is an answer, not a failure of the command. */
export async function fsckCommand(context: CliContext, { vault, deep }: FsckOptions): Promise<number> {
  const vaultId = parseVaultOption(vault)
  const report = await withAdmin(context, (admin) => admin.fsck({ vaultId, deep }))
  context.answer(report, fsckLines(report))
  return report.ok ? 0 : errorFacts('vault.corrupt').exit
}

function fsckLines({ ok, problems, counts }: FsckReport): string[] {
  const figures = Object.entries(counts).map(([name, count]) => `${count} ${wordsOf(name)}`)
  return [
    ...problems.map(({ code, object, message }) => `${code}  ${object === undefined ? '' : `${object}: `}${message}`),
    ok ? 'No problem was found.' : `${problems.length} ${problems.length === 1 ? 'problem was' : 'problems were'} found.`,
    figures.join(', '),
  ]
}

/** `blobsReached` → `blobs reached` */
const wordsOf = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
