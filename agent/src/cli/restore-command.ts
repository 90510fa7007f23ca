import { askForRun } from './ask-for-run.ts'
import { carryOutRun } from './carry-out-run.ts'
import type { CommandContext } from './command-context.ts'
import { findSnapshot, parseSnapshotName } from './find-snapshot.ts'
import { confirmRestore, makeOrder, needsConfirmation, requireSomebody, type RestoreArguments, type RestoreOrder } from './restore-order.ts'
import { withHub } from './with-hub.ts'

export async function restoreCommand(context: CommandContext, args: RestoreArguments): Promise<number> {
  const name = parseSnapshotName(args.snapshot)
  const orderOf = makeOrder(args)
  const confirmed = needsConfirmation(args) ? await confirm(context, args, name) : null
  return carryOutRun(context, async (access) =>
    askForRun(access, orderOf(confirmed ?? (await findSnapshot(access.client, name, args.host)).id)),
  )
}

/** @returns the snapshot that was looked at: `latest` may be another one by now. */
async function confirm(context: CommandContext, args: RestoreArguments, name: string): Promise<RestoreOrder['snapshotId']> {
  requireSomebody(context.terminal, args)
  const snapshot = await withHub(context, ({ client }) => findSnapshot(client, name, args.host))
  await confirmRestore(context.terminal, args, snapshot)
  return snapshot.id
}
