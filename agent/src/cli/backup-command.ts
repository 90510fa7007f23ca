import { carryOutRun } from './carry-out-run.ts'
import type { CommandContext } from './command-context.ts'
import { localPath } from './resolve-path.ts'

export interface BackupArguments {
  readonly paths: readonly string[]
  readonly full: boolean
}

export function backupCommand(context: CommandContext, { paths, full }: BackupArguments): Promise<number> {
  // Before anything is started: a typing error must not cost a link.
  const sources = paths.map(localPath)
  return carryOutRun(context, () => Promise.resolve({ kind: 'backup', sources, full }))
}
