import { AppError } from '@holdfast/shared-types'
import { thisSystem } from '../presets/this-system.ts'
import type { ReadableSnapshot } from '../rescue/stored-snapshots.ts'
import { restoreSnapshot } from '../runs/carry-out-restore.ts'
import { carryOutHere } from './carry-out-here.ts'
import type { CommandContext } from './command-context.ts'
import { parseSnapshotName } from './find-snapshot.ts'
import { confirmRestore, makeOrder, needsConfirmation, requireSomebody, type RestoreArguments } from './restore-order.ts'
import { asSnapshot, findStored, openForRun, withRescuedVault, type RescueAddress } from './with-rescued-vault.ts'

export async function rescueRestoreCommand(context: CommandContext, address: RescueAddress, args: RestoreArguments): Promise<number> {
  parseSnapshotName(args.snapshot)
  const orderOf = makeOrder(args)
  requireSomebody(context.terminal, args)
  return withRescuedVault(address, async (access) => {
    const readable = await access.snapshots.open(await findStored(context, access, args, address.takesUnverified))
    const { agentId, body, id, problem } = readable.snapshot
    requireUsable(readable, address.takesUnverified)
    if (needsConfirmation(args)) await confirmRestore(context.terminal, args, asSnapshot(access.vault, readable.snapshot))
    const request = orderOf(id)
    return carryOutHere(context, { request, agentId, host: body.host }, async (voice, display) => {
      if (problem !== null) voice.warn(null, problem.code, problem.message)
      const opened = await openForRun(context, access, readable, { voice, display })
      try {
        return await restoreSnapshot(voice, request, { ...opened, protectedPlaces: access.vault.places })
      } finally {
        await opened.close()
      }
    })
  })
}

/** @throws AppError `vault.corrupt`, `restore.target-invalid` */
function requireUsable({ snapshot: { problem, body } }: ReadableSnapshot, takesUnverified: boolean): void {
  if (problem !== null && !takesUnverified)
    throw new AppError('vault.corrupt', {
      message: `The snapshot does not verify, and is not restored unless that is asked for. ${problem.message}`,
      cure: 'Restore another one, or this one with --unverified if there is nothing better: look at what comes back before you use it.',
      cause: problem,
    })
  if (body.system !== thisSystem())
    throw new AppError('restore.target-invalid', {
      message: 'The snapshot is of another kind of system than this machine runs.',
      cure: `Run the command on a machine with ${body.system}: names, owners and attributes have no meaning elsewhere.`,
    })
}
