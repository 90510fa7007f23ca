import { carryOutRun } from './carry-out-run.ts'
import type { CommandContext } from './command-context.ts'
import { findSnapshot, parseSnapshotName } from './find-snapshot.ts'

export interface VerifyArguments {
  readonly snapshot: string
  readonly host: string | undefined
}

export function verifyCommand(context: CommandContext, args: VerifyArguments): Promise<number> {
  const name = parseSnapshotName(args.snapshot)
  return carryOutRun(context, async ({ client }) => ({ kind: 'verify', snapshotId: (await findSnapshot(client, name, args.host)).id }))
}
