import { carryOutRun } from './carry-out-run.ts'
import type { CommandContext } from './command-context.ts'
import { findSnapshot, parseSnapshotName } from './find-snapshot.ts'
import { localPath, snapshotPath } from './resolve-path.ts'

export interface RestoreArguments {
  readonly snapshot: string
  readonly host: string | undefined
  readonly target: string
  readonly flat: boolean
  readonly paths: readonly string[]
}

export function restoreCommand(context: CommandContext, args: RestoreArguments): Promise<number> {
  const name = parseSnapshotName(args.snapshot)
  const target = localPath(args.target)
  const paths = args.paths.map(snapshotPath)
  return carryOutRun(context, async ({ client }) => {
    const { id } = await findSnapshot(client, name, args.host)
    return { kind: 'restore', snapshotId: id, target, flat: args.flat, paths }
  })
}
