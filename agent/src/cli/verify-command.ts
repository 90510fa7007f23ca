import { askForRun } from './ask-for-run.ts'
import { carryOutRun } from './carry-out-run.ts'
import type { CommandContext } from './command-context.ts'
import { findSnapshot, parseSnapshotName } from './find-snapshot.ts'

export interface VerifyArguments {
  readonly snapshot: string
  readonly host: string | undefined
}

export function verifyCommand(context: CommandContext, args: VerifyArguments): Promise<number> {
  const name = parseSnapshotName(args.snapshot)
  return carryOutRun(context, async (access) =>
    askForRun(access, { kind: 'verify', snapshotId: (await findSnapshot(access.client, name, args.host)).id }),
  )
}
